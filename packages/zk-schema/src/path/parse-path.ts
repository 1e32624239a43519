import { legacyHost } from '../legacy/legacy-host.js';
import { model, nodeKeys } from '../model/index.js';
import type { NodeDefinition, NodeKey, NodeParams } from '../model/index.js';
import { paramProblem } from './build-path.js';
import type { Layout } from './layout.js';
import { decodeSegment } from './segment.js';

/** A node of the tree. */
export type ParsedNode = {
  readonly [Key in NodeKey]: {
    readonly kind: 'node';
    readonly node: Key;
    readonly params: NodeParams<Key>;
    /** The path is one of the original system: the server is named by its host alone, with dashes for dots. */
    readonly legacy: boolean;
  };
}[NodeKey];

/** A path above nodes: which kinds stand below it, and what of their path it fixes. */
export interface ParsedFolder {
  readonly kind: 'folder';
  readonly nodes: readonly NodeKey[];
  readonly params: Readonly<Record<string, string>>;
}

/** Not of this tree. */
export interface UnknownPath {
  readonly kind: 'unknown';
  readonly reason: string;
}

export type ParsedPath = ParsedNode | ParsedFolder | UnknownPath;

/** Says which node a path is. Never throws. */
export function parsePath(layout: Layout, path: string): ParsedPath {
  if (path === layout.root) return { kind: 'folder', nodes: nodeKeys, params: {} };
  if (!path.startsWith(`${layout.root}/`)) return unknown(`it does not lie under the root ${layout.root}`);
  const relative = path.slice(layout.root.length + 1);
  const keys = nodeKeys.filter((key) => isUnder(relative, layout.names[model[key].name]));
  const [first] = keys;
  if (first === undefined) {
    const above = nodeKeys.filter((key) => isUnder(layout.names[model[key].name], relative));
    return above.length > 0
      ? { kind: 'folder', nodes: above, params: {} }
      : unknown('no node of the tree has such a name');
  }
  const rest = relative.slice(layout.names[model[first].name].length + 1);
  return parseParams(keys, rest === '' ? [] : rest.split('/'));
}

function parseParams(keys: readonly NodeKey[], segments: readonly string[]): ParsedPath {
  const texts = segments.map(decodeSegment);
  const wrong = texts.indexOf(null);
  if (wrong >= 0)
    return unknown(`the part ${JSON.stringify(segments[wrong])} is not written as it should be`);
  const parts = texts as string[];
  // Those with a suffix first: what has it cannot be of the others.
  const ordered = keys.toSorted((a, b) => suffixOf(b).length - suffixOf(a).length);
  let reason = 'it is deeper than the tree';
  for (const key of ordered) {
    const names = Object.keys(model[key].params);
    if (parts.length > names.length) continue;
    if (parts.length < names.length) return folder(keys, names, parts);
    if (!(parts.at(-1) as string).endsWith(suffixOf(key))) continue;
    const parsed = parseNode(key, names, parts);
    if (parsed.kind === 'node') return parsed;
    reason = parsed.reason;
  }
  return unknown(reason);
}

function parseNode(
  key: NodeKey,
  names: readonly string[],
  parts: readonly string[],
): ParsedNode | UnknownPath {
  const definition: NodeDefinition = model[key];
  const params: Record<string, string> = {};
  let legacy = false;
  for (const [index, name] of names.entries()) {
    const last = index === names.length - 1;
    const part = parts[index] as string;
    const text = last && suffixOf(key) !== '' ? part.slice(0, -suffixOf(key).length) : part;
    const kind = definition.params[name] ?? 'name';
    const problem = paramProblem(kind, text);
    const host = problem !== null && kind === 'address' ? legacyHost(text) : null;
    if (problem !== null && host === null)
      return unknown(`${name} ${JSON.stringify(text)}: expected ${problem}`);
    legacy ||= host !== null;
    params[name] = host ?? text;
  }
  // The compiler cannot see that the parameters are those of the definition just walked through.
  return { kind: 'node', node: key, params, legacy } as ParsedNode;
}

function folder(keys: readonly NodeKey[], names: readonly string[], parts: readonly string[]): ParsedFolder {
  const params = Object.fromEntries(parts.map((part, index) => [names[index] as string, part]));
  return { kind: 'folder', nodes: keys, params };
}

function suffixOf(key: NodeKey): string {
  const definition: NodeDefinition = model[key];
  return definition.suffix ?? '';
}

function isUnder(path: string, above: string): boolean {
  return path === above || path.startsWith(`${above}/`);
}

function unknown(reason: string): UnknownPath {
  return { kind: 'unknown', reason };
}
