import type { ZooKeeper } from '@dcmha/zk-client';
import { MemoryZooKeeper } from '@dcmha/zk-schema/memory';
import { setMaxListeners } from 'node:events';
import type { Network } from '../net/network.js';
import { SimHost } from '../net/sim-host.js';
import type { Random } from '../time/random.js';
import type { SimClock } from '../time/sim-clock.js';
import type { SimProcess } from '../time/sim-process.js';
import { type GateOptions, gatedZooKeeper } from './gated-zookeeper.js';

type Client = ReturnType<MemoryZooKeeper['connect']>;

interface Attached {
  readonly client: Client;
  readonly process: SimProcess;
  cut: boolean;
}

export interface SimZooKeeperOptions {
  readonly clock: SimClock;
  readonly network: Network;
  readonly random: Random;
  readonly sessionTimeoutMs: number;
  readonly gate: GateOptions;
  /** A write was carried out. */
  readonly written: () => void;
}

/** The ensemble, and who is connected to it from which host. */
export class SimZooKeeper {
  /** Stands for all of its hosts: a partition cuts hosts off the majority, or not. */
  readonly host = new SimHost('zookeeper', 'zk');
  readonly memory: MemoryZooKeeper;
  readonly #o: SimZooKeeperOptions;
  readonly #attached = new Set<Attached>();
  /** Chance that the answer of a write is lost with its connection. */
  loseAnswers = 0;

  constructor(options: SimZooKeeperOptions) {
    this.#o = options;
    const { clock, random } = options;
    this.memory = new MemoryZooKeeper({
      clock,
      latencyMs: () => random.between(0.2, 2),
      reconnectDelayMs: 50,
      expiryLagMs: 100,
    });
    this.memory.intercept = ({ write }) => {
      if (!write) return undefined;
      clock.schedulePlain(0, options.written);
      if (this.loseAnswers === 0 || !random.chance(this.loseAnswers)) return undefined;
      return { kind: random.chance(0.5) ? 'lose-answer' : 'lose-request' };
    };
    options.network.onChange(() => this.#checkLinks());
  }

  /** A session of a process. */
  connect(process: SimProcess): Client {
    const client = this.memory.connect({
      sessionTimeoutMs: this.#o.sessionTimeoutMs,
      expireByOwnClock: true,
      onListenerError: (error) => {
        throw error;
      },
    });
    const attached: Attached = { client, process, cut: false };
    this.#attached.add(attached);
    process.onFrozen((frozen) => (frozen ? client.freeze() : client.thaw()));
    process.onDead(() => {
      this.#attached.delete(attached);
      // The kernel of its host closes the connection; a host that is down does not.
      client.cut({ silent: !process.host.up });
    });
    client.onState(({ state }) => {
      if (state === 'expired' || state === 'closed') this.#attached.delete(attached);
    });
    this.#checkLinks();
    return client;
  }

  /** Whether a process and the ensemble can talk. */
  reaches(process: SimProcess): boolean {
    const { network } = this.#o;
    const { host } = process;
    return process.running && network.reaches(host, this.host) && network.reaches(this.host, host);
  }

  /** Ends the sessions of a process at the ensemble, as if it had not been heard of. */
  expire(process: SimProcess): void {
    for (const attached of [...this.#attached]) if (attached.process === process) attached.client.expire();
  }

  /** What a process uses of its session. */
  gated(client: ZooKeeper, process: SimProcess): ZooKeeper {
    return gatedZooKeeper(client, process, this.#o.gate, () => this.connect(process));
  }

  /**
   * Keeps a process in sessions for as long as it lives, one after the other, as `SessionKeeper` does it.
   */
  async keepSession(
    process: SimProcess,
    use: (zk: ZooKeeper, over: AbortSignal) => Promise<void>,
    log: (text: string) => void,
  ): Promise<void> {
    while (!process.dead) {
      const client = this.connect(process);
      const zk = this.gated(client, process);
      const over = new AbortController();
      setMaxListeners(0, over.signal);
      const ended = new Promise<void>((resolve) =>
        over.signal.addEventListener('abort', () => resolve(), { once: true }),
      );
      const forget = client.onState(({ state, reason }) => {
        log(`ZooKeeper session ${state}${reason === undefined ? '' : `: ${reason}`}`);
        if (state === 'expired' || state === 'closed') over.abort();
      });
      try {
        await client.waitConnected({ signal: over.signal, timeoutMs: 30_000 });
        await use(zk, over.signal);
        await ended;
      } catch (error) {
        log(`ZooKeeper session given up: ${error instanceof Error ? error.message : String(error)}`);
      }
      over.abort();
      forget();
      await client.close({ timeoutMs: 1_000 });
      await process.sleep(200);
    }
  }

  #checkLinks(): void {
    const { network } = this.#o;
    for (const attached of this.#attached) {
      const { host } = attached.process;
      const cut = !network.reaches(host, this.host) || !network.reaches(this.host, host);
      if (cut === attached.cut) continue;
      attached.cut = cut;
      if (cut) attached.client.cut({ silent: true });
      else attached.client.heal();
    }
    this.#o.clock.stir();
  }
}
