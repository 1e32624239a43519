import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const sources = fileURLToPath(new URL('../src', import.meta.url));

/** Turns the sources of this package into plain modules in a folder; returns the path of the entry. */
export async function transpileSources(folder: string): Promise<string> {
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  const files = await readdir(sources, { recursive: true });
  for (const file of files.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))) {
    const { outputText } = ts.transpileModule(await readFile(join(sources, file), 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.ES2022, target: ts.ScriptTarget.ES2022 },
    });
    const target = join(folder, file.replace(/\.ts$/, '.js'));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, outputText);
  }
  return join(folder, 'index.js');
}

/** A script in a process of its own that tells what happens as lines of JSON. */
export class ChildScript<Line> {
  readonly lines: Line[] = [];
  readonly #child: ChildProcess;
  errors = '';

  constructor(file: string, args: readonly string[]) {
    this.#child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on('line', (line) =>
      this.lines.push(JSON.parse(line) as Line),
    );
    this.#child.stderr?.on('data', (text: Buffer) => (this.errors += text.toString()));
  }

  /** Stops it as if the machine stood still. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}
