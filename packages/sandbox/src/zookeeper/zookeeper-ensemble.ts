import type { ZooKeeperNode } from './zookeeper-node.js';

export interface ZooKeeperOptions {
  /** How many servers; default 1. */
  readonly nodes?: number;
  /** Session timeouts are between 2 and 20 ticks. Default 500. */
  readonly tickTimeMs?: number;
  /** A loopback address; default `127.0.0.1`. */
  readonly host?: string;
  /** More lines for `zoo.cfg`. */
  readonly config?: Readonly<Record<string, string | number>>;
  /** More arguments for Java, for example `-Dzookeeper.ssl...`. */
  readonly jvmOptions?: readonly string[];
}

/** One or more ZooKeeper servers that serve one tree. */
export class ZooKeeperEnsemble {
  readonly nodes: readonly ZooKeeperNode[];

  constructor(nodes: readonly ZooKeeperNode[]) {
    this.nodes = nodes;
  }

  /** `host:port,host:port` */
  get connectString(): string {
    return this.nodes.map((node) => node.address).join(',');
  }

  /** Starts all and resolves when all serve. */
  async start(): Promise<void> {
    for (const node of this.nodes) await node.startWithoutWaiting();
    await Promise.all(this.nodes.map((node) => node.waitServing()));
  }

  /** The node that leads (or the only one); `undefined` while there is none. */
  async leader(): Promise<ZooKeeperNode | undefined> {
    for (const node of this.nodes) {
      if (!node.running) continue;
      try {
        if (/^Mode: (leader|standalone)$/m.test(await node.ask('srvr'))) return node;
      } catch {
        // Frozen, or just ended.
      }
    }
    return undefined;
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }
}
