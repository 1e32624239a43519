import { Sandbox, waitUntil } from '@dcmha/sandbox';
import { ZooKeeperClient } from '@dcmha/zk-client';
import type { ZooKeeper } from '@dcmha/zk-client';
import type { ConformanceEnvironment, ConnectOptions } from '@dcmha/zk-schema/conformance';
import { Relay } from './relay.js';

/** How a driver under test makes a client, connected. */
export type Driver = (connectString: string, options: ConnectOptions) => Promise<ZooKeeper>;

/** A real server behind a relay, and the environments in which the cases run against it. */
export class ConformanceBench {
  readonly #sandbox: Sandbox;
  readonly #relay: Relay;
  readonly #driver: Driver;
  /** Makes folders and cleans up, past the relay. */
  readonly #direct: ZooKeeperClient;
  #clients: ZooKeeper[] = [];
  #cases = 0;

  private constructor(sandbox: Sandbox, relay: Relay, driver: Driver, direct: ZooKeeperClient) {
    this.#sandbox = sandbox;
    this.#relay = relay;
    this.#driver = driver;
    this.#direct = direct;
  }

  static async open(driver: Driver): Promise<ConformanceBench> {
    const sandbox = await Sandbox.create({ name: 'zk-schema' });
    const { nodes, connectString } = await sandbox.startZooKeeper({ nodes: 1 });
    const [node] = nodes;
    if (node === undefined) throw new Error('the sandbox started no ZooKeeper server');
    const direct = new ZooKeeperClient({ connect: connectString });
    await direct.waitConnected();
    return new ConformanceBench(sandbox, await Relay.start(node), driver, direct);
  }

  /** Of the relay. */
  get address(): string {
    return this.#relay.address;
  }

  async environment(): Promise<ConformanceEnvironment> {
    this.#cases += 1;
    const folder = `/case-${this.#cases}`;
    await this.#direct.create(folder);
    return {
      folder,
      connect: async (options = {}) => {
        const client = await this.#driver(this.#relay.address, options);
        this.#clients.push(client);
        return client;
      },
      cut: async () => {
        await this.#relay.cut();
        return () => this.#relay.heal();
      },
      until: async (what, condition) => {
        const held = await waitUntil(async () => ((await condition()) ? true : undefined), {
          timeoutMs: 15_000,
        });
        if (held !== true) throw new Error(`never came true: ${what}`);
      },
    };
  }

  /** After each case: its sessions end, and what it cut is whole again. */
  async reset(): Promise<void> {
    await this.#relay.heal();
    await Promise.all(this.#clients.map((client) => client.close()));
    this.#clients = [];
  }

  async close(): Promise<void> {
    await this.reset();
    await this.#direct.close();
    await this.#relay.close();
    await this.#sandbox.close();
  }
}
