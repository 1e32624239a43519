import { readFile, stat } from 'node:fs/promises';
import { LineCounter, isCollection, isNode, isPair, parseDocument, type Document } from 'yaml';
import { ConfigError } from './config-error.js';

const fileBytesMax = 4 * 1024 * 1024;

/** A YAML or JSON file (JSON is YAML) that knows on which line each of its values stands. */
export class SourceFile {
  readonly path: string;
  /** The value of the whole file. */
  readonly value: unknown;
  readonly #document: Document;
  readonly #lines: LineCounter;

  private constructor(path: string, document: Document, lines: LineCounter) {
    this.path = path;
    this.#document = document;
    this.#lines = lines;
    this.value = document.toJS({ maxAliasCount: 100 });
  }

  /** @throws {ConfigError} */
  static async read(path: string): Promise<SourceFile> {
    let text: string;
    try {
      const { size } = await stat(path);
      if (size > fileBytesMax) {
        throw new ConfigError(path, [{ message: `it has ${size} bytes; expected at most ${fileBytesMax}` }]);
      }
      text = await readFile(path, 'utf8');
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      throw new ConfigError(path, [{ message: cannotRead(error as NodeJS.ErrnoException) }], error);
    }
    return SourceFile.parse(path, text);
  }

  /** @throws {ConfigError} */
  static parse(path: string, text: string): SourceFile {
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
    const errors = document.errors.map(({ message, pos }) => ({ message, line: lines.linePos(pos[0]).line }));
    if (errors.length > 0) throw new ConfigError(path, errors);
    try {
      return new SourceFile(path, document, lines);
    } catch (error) {
      throw new ConfigError(
        path,
        [{ message: error instanceof Error ? error.message : String(error) }],
        error,
      );
    }
  }

  /** Line of the key at this path, or of the nearest one above it that is there; `undefined` for the whole file. */
  lineOf(path: readonly PropertyKey[]): number | undefined {
    let node: unknown = this.#document.contents;
    let line: number | undefined;
    for (const key of path) {
      if (!isCollection(node)) break;
      const item: unknown = node.items.find((candidate, index) =>
        isPair(candidate) ? keyText(candidate.key) === String(key) : index === key,
      );
      if (item === undefined) break;
      const at = isPair(item) ? item.key : item;
      if (isNode(at) && at.range) line = this.#lines.linePos(at.range[0]).line;
      node = isPair(item) ? item.value : item;
    }
    return line;
  }
}

const keyText = (key: unknown): string =>
  String(isNode(key) && 'value' in key ? (key as { value: unknown }).value : key);

function cannotRead(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return 'there is no such file; name one with --config';
    case 'EACCES':
      return 'no permission to read it';
    case 'EISDIR':
      return 'it is a folder; expected a file';
    default:
      return `it cannot be read: ${error.message}`;
  }
}
