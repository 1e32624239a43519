import type { NodeValue } from '@dcmha/zk-schema';
import type { TreeMirror } from './tree-mirror.js';

type Client = NodeValue<'onlineClients'>;

/** Which agent looks after which server, kept up to date one agent at a time. */
export class AgentIndex {
  readonly #mirror: TreeMirror;
  readonly #byPath = new Map<string, Client>();
  readonly #byServer = new Map<string, { readonly path: string; readonly client: Client }>();
  readonly #unreadable = new Map<string, unknown>();

  constructor(mirror: TreeMirror) {
    this.#mirror = mirror;
    for (const name of mirror.children('onlineClients')) {
      this.update(`${mirror.folder('onlineClients')}/${name}`);
    }
  }

  /** @throws NodeValueError while any agent's node cannot be read: nothing is decided on a guess. */
  of(server: string): Client | null {
    for (const error of this.#unreadable.values()) throw error;
    return this.#byServer.get(server)?.client ?? null;
  }

  /**
   * Reads one agent's node again.
   * @returns the servers that it speaks of, or spoke of before
   */
  update(path: string): string[] {
    const before = this.#byPath.get(path)?.servers ?? [];
    this.#byPath.delete(path);
    for (const server of before) {
      if (this.#byServer.get(server)?.path === path) this.#byServer.delete(server);
    }
    this.#unreadable.delete(path);
    let client: Client | null = null;
    try {
      client = this.#mirror.valueAt('onlineClients', path);
    } catch (error) {
      this.#unreadable.set(path, error);
    }
    if (client === null) return [...before];
    this.#byPath.set(path, client);
    for (const server of client.servers) this.#byServer.set(server, { path, client });
    return [...new Set([...before, ...client.servers])];
  }
}
