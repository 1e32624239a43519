import { defaultNames, defaultRoot } from '../model/index.js';
import type { NodeName, NodeNames } from '../model/index.js';
import { PathError } from './path-error.js';
import { znodePathProblem } from './znode-path.js';

/** Where the tree stands and what its nodes are called. */
export interface Layout {
  /** Absolute path, `/mysql` by default. */
  readonly root: string;
  readonly names: NodeNames;
}

export interface LayoutOptions {
  readonly root?: string;
  /** Those that are not named keep their default. */
  readonly names?: Partial<NodeNames>;
}

/**
 * @throws PathError when the root or a name cannot be a path, a name is unknown, or one name lies in another (then a
 * path could be read in two ways).
 */
export function createLayout(options: LayoutOptions = {}): Layout {
  const root = options.root ?? defaultRoot;
  const problem = root === '/' ? 'the root of the tree cannot be "/"' : znodePathProblem(root);
  if (problem !== null)
    throw new PathError(root, `root ${JSON.stringify(root)}: ${problem}; expected a path such as "/mysql"`);
  for (const name of Object.keys(options.names ?? {})) {
    if (!Object.hasOwn(defaultNames, name))
      throw new PathError(
        name,
        `names.${name}: there is no such name; known are ${Object.keys(defaultNames).join(', ')}`,
      );
  }
  const names: NodeNames = { ...defaultNames, ...options.names };
  const entries = Object.entries(names) as [NodeName, string][];
  for (const [key, name] of entries) checkName(key, name);
  for (const [key, name] of entries) {
    const inside = entries.find(([other, text]) => other !== key && `${name}/`.startsWith(`${text}/`));
    if (inside !== undefined)
      throw new PathError(
        name,
        `names.${key} ${JSON.stringify(name)} is or lies in names.${inside[0]} ${JSON.stringify(inside[1])}: give it another name`,
      );
  }
  return { root, names };
}

function checkName(key: NodeName, name: string): void {
  const problem = znodePathProblem(`/${name}`);
  if (name === '' || problem !== null)
    throw new PathError(
      name,
      `names.${key} ${JSON.stringify(name)} is no name: ${problem ?? 'it is empty'}; expected a name such as "master" or "meta/host"`,
    );
}
