import { isAddress } from '../address/index.js';
import { isGroupName, model } from '../model/index.js';
import type { NodeDefinition, NodeKey, NodeParams, ParamKind } from '../model/index.js';
import type { Layout } from './layout.js';
import { PathError } from './path-error.js';
import { encodeSegment } from './segment.js';

/**
 * The path of a node: `buildPath(layout, 'routerAck', { group: 'orders', router: 'h1' })`.
 * @throws PathError when a parameter is missing or is not what it must be.
 */
export function buildPath<Key extends NodeKey>(layout: Layout, key: Key, params: NodeParams<Key>): string {
  const given = params as Readonly<Record<string, string | undefined>>;
  const names = Object.keys(model[key].params);
  const definition: NodeDefinition = model[key];
  return joinParams(layout, key, names, given) + (definition.suffix ?? '');
}

/**
 * The folder that holds the nodes of a kind: with the leading parameters of their paths, as many as are given.
 * `buildFolder(layout, 'routerAck', { group: 'orders' })` is where the acknowledgements of that group are.
 */
export function buildFolder<Key extends NodeKey>(
  layout: Layout,
  key: Key,
  params: Partial<NodeParams<Key>> = {},
): string {
  const given = params as Readonly<Record<string, string | undefined>>;
  const names = Object.keys(model[key].params).slice(0, -1);
  const last = names.findLastIndex((name) => given[name] !== undefined);
  return joinParams(layout, key, names.slice(0, last + 1), given);
}

function joinParams(
  layout: Layout,
  key: NodeKey,
  names: readonly string[],
  given: Readonly<Record<string, string | undefined>>,
): string {
  const kinds = model[key].params as Readonly<Record<string, ParamKind>>;
  const parts = names.map((name) => {
    const text = given[name];
    if (text === undefined) throw new PathError('', `the path of ${key} needs the parameter ${name}`);
    const problem = paramProblem(kinds[name] as ParamKind, text);
    if (problem !== null)
      throw new PathError(
        text,
        `${name} ${JSON.stringify(text)} cannot be in the path of ${key}: expected ${problem}`,
      );
    return `/${encodeSegment(text)}`;
  });
  return `${layout.root}/${layout.names[model[key].name]}${parts.join('')}`;
}

/** What was expected, or `null` when the text is good. */
export function paramProblem(kind: ParamKind, text: string): string | null {
  switch (kind) {
    case 'group':
      return isGroupName(text)
        ? null
        : 'the name of a group (letters, digits, ".", "_", "-", at most 100, not ending in "_send")';
    case 'address':
      return isAddress(text) ? null : 'host:port';
    case 'sequence':
      return /^[a-z]*-?\d{10}$/.test(text) ? null : 'a name that ZooKeeper has numbered';
    case 'name':
      return text === '' ? 'a name' : null;
  }
}
