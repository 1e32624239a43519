import type { CallOptions, ZooKeeper } from '@dcmha/zk-client';
import { isZooKeeperError } from '@dcmha/zk-client';
import { formatAddress } from '../address/index.js';
import { NodeValueError } from '../codec/index.js';
import { legacyHost } from '../legacy/index.js';
import type { NodeKey } from '../model/index.js';
import { buildFolder, createLayout, parsePath } from '../path/index.js';
import type { Layout, LayoutOptions, ParsedNode } from '../path/index.js';
import { baseName, joinPath } from '../path/znode-path.js';
import { readLegacyHost, readNode } from '../store/read-node.js';
import type { Stored } from '../store/index.js';
import type { TakeoverNode, TakeoverPlan, TakeoverUnit } from './takeover-plan.js';

/** What is taken over, by kind; `depth` levels below its folder. */
const takenOver: readonly { readonly node: NodeKey; readonly depth: 1 | 2 }[] = [
  { node: 'metaGroup', depth: 1 },
  { node: 'metaHost', depth: 1 },
  { node: 'metaRouter', depth: 1 },
  { node: 'master', depth: 1 },
  { node: 'route', depth: 1 },
  { node: 'white', depth: 1 },
  { node: 'slavedown', depth: 1 },
  { node: 'readbinlogStatus', depth: 1 },
  { node: 'executeGtid', depth: 1 },
  { node: 'additionReplication', depth: 2 },
  { node: 'additionRegion', depth: 1 },
];

const transient: readonly NodeKey[] = ['task', 'lock', 'watchDown', 'onlineList'];

/**
 * Reads the tree of the original system and says what it would become. Changes nothing.
 * @throws PathError when the layout is wrong; ZooKeeperError when the tree cannot be read.
 */
export async function planTakeover(
  zk: ZooKeeper,
  from: LayoutOptions = {},
  options: CallOptions = {},
): Promise<TakeoverPlan> {
  const planner = new Planner(zk, createLayout(from), options);
  return planner.plan();
}

class Planner {
  readonly #zk: ZooKeeper;
  readonly #layout: Layout;
  readonly #options: CallOptions;
  readonly #units = new Map<string, UnitInTheMaking>();
  readonly #skipped: { path: string; reason: string }[] = [];
  readonly #problems: { path: string; reason: string }[] = [];

  constructor(zk: ZooKeeper, layout: Layout, options: CallOptions) {
    this.#zk = zk;
    this.#layout = layout;
    this.#options = options;
  }

  async plan(): Promise<TakeoverPlan> {
    for (const { node, depth } of takenOver) {
      for (const path of await this.#paths(buildFolder(this.#layout, node), depth)) await this.#look(path);
    }
    for (const node of transient) {
      for (const path of await this.#paths(buildFolder(this.#layout, node), 1))
        this.#skipped.push({ path, reason: 'it comes and goes by itself' });
    }
    const running = (await this.#paths(buildFolder(this.#layout, 'onlineClients'), 1))
      .map((path) => legacyHost(baseName(path)))
      .filter((host) => host !== null);
    const units = [...this.#units].map(([name, unit]) => ({ name, ...unit }));
    return { units, skipped: this.#skipped, problems: this.#problems, running };
  }

  async #look(path: string): Promise<void> {
    const parsed = parsePath(this.#layout, path);
    if (parsed.kind !== 'node') {
      const reason = parsed.kind === 'unknown' ? parsed.reason : 'it is a folder';
      this.#problems.push({ path, reason });
      return;
    }
    try {
      const tree = { zk: this.#zk, layout: this.#layout };
      const { node, params } = parsed;
      const stored = (await readNode(tree, node, params, path, this.#options)) as AnyStored | null;
      if (stored === null) return;
      if (!stored.legacy && !parsed.legacy)
        this.#skipped.push({ path, reason: 'it is a value of this system already' });
      else await this.#take(parsed, stored);
    } catch (error) {
      if (!(error instanceof NodeValueError)) throw error;
      this.#problems.push({ path, reason: error.reason });
    }
  }

  async #take(parsed: ParsedNode, stored: AnyStored): Promise<void> {
    const server = parsed.legacy ? await this.#serverOf(stored) : undefined;
    const unit = this.#unit(unitOf(stored));
    const params = server === undefined ? stored.params : { server };
    const value = firstOfItsKind(stored);
    // Key, parameters and value belong together because they come from one stored node.
    unit.nodes.push({ node: stored.node, params, value, from: stored } as TakeoverNode);
    if (parsed.legacy) unit.obsolete.push({ node: stored.node, path: stored.path, version: stored.version });
  }

  /** The original system names a server by its host: its port stands in `meta/host`. */
  async #serverOf(stored: AnyStored): Promise<string> {
    const { server: host } = stored.params as { readonly server: string };
    const { port } = await readLegacyHost(this.#zk, this.#layout, host, this.#options).catch(
      (error: unknown) => {
        throw new NodeValueError(stored.node, stored.path, (error as Error).message, { cause: error });
      },
    );
    return formatAddress({ host, port });
  }

  #unit(name: string): UnitInTheMaking {
    const unit = this.#units.get(name) ?? { nodes: [], obsolete: [] };
    this.#units.set(name, unit);
    return unit;
  }

  async #paths(folder: string, depth: number): Promise<string[]> {
    let names: string[];
    try {
      names = (await this.#zk.children(folder, this.#options)).children.sort();
    } catch (error) {
      if (isZooKeeperError(error, 'NO_NODE')) return [];
      throw error;
    }
    const paths = names.map((name) => joinPath(folder, name));
    if (depth === 1) return paths;
    return (await Promise.all(paths.map((path) => this.#paths(path, depth - 1)))).flat();
  }
}

interface UnitInTheMaking {
  readonly nodes: TakeoverNode[];
  readonly obsolete: TakeoverUnit['obsolete'][number][];
}

type AnyStored = { [Key in NodeKey]: Stored<Key> }[NodeKey];

/** What belongs to a group is taken over together. */
function unitOf(stored: AnyStored): string {
  const { group } = { ...stored.value, ...stored.params } as { group?: string };
  if (group !== undefined) return `group ${group}`;
  return `region ${(stored.params as { region?: string }).region ?? ''}`;
}

/** Epochs and versions begin here: the original system has none. */
function firstOfItsKind(stored: AnyStored): AnyStored['value'] {
  if (stored.node === 'master') return { ...stored.value, epoch: 1 };
  if (stored.node === 'route') return { ...stored.value, epoch: 1, version: 1 };
  return stored.value;
}
