import type { MemberKey } from '../../core/model.js';
import type { Network } from '../net/network.js';
import type { SimHost } from '../net/sim-host.js';
import type { SimMysqld } from '../mysql/sim-mysqld.js';
import type { Random } from '../time/random.js';
import type { SimClock } from '../time/sim-clock.js';
import type { SimProxy } from './sim-router.js';

/** What a client was told of one write. */
export interface WriteRecord {
  readonly row: number;
  readonly client: string;
  readonly startedMs: number;
  /** `unknown`: no answer, or the connection broke: it may have happened. */
  told: 'pending' | 'ok' | 'refused' | 'unknown';
  toldMs: number;
  /** Who said ok, and when it said so. */
  by: MemberKey | null;
  saidMs: number;
}

export interface SimClientOptions {
  readonly name: string;
  readonly host: SimHost;
  readonly proxies: readonly SimProxy[];
  readonly clock: SimClock;
  readonly network: Network;
  readonly random: Random;
  readonly server: (key: MemberKey) => SimMysqld | undefined;
  readonly begin: (client: string) => WriteRecord;
  readonly thinkMs: readonly [min: number, max: number];
  readonly timeoutMs: number;
}

/** An application: one write after the other through one of the proxies, each kept with what it was told of it. */
export class SimClient {
  readonly #o: SimClientOptions;
  #stopped = false;

  constructor(options: SimClientOptions) {
    this.#o = options;
    this.#next(options.random.between(0, 20));
  }

  stop(): void {
    this.#stopped = true;
  }

  #next(delayMs: number): void {
    this.#o.clock.schedulePlain(delayMs, () => {
      if (!this.#stopped) this.#write();
    });
  }

  #write(): void {
    const { begin, name, proxies, clock, random, network, host, thinkMs, timeoutMs } = this.#o;
    const record = begin(name);
    const proxy = random.pick(proxies);
    let close: () => void = () => undefined;
    const end = (told: 'ok' | 'refused' | 'unknown'): void => {
      if (record.told !== 'pending') return;
      record.told = told;
      record.toldMs = clock.monotonicMs();
      giveUp();
      close();
      this.#next(random.between(...thinkMs) + (told === 'ok' ? 0 : 50));
    };
    const giveUp = clock.schedulePlain(timeoutMs, () => end('unknown'));
    /** From the proxy to the client, if the session between them still is. */
    const answer = (told: 'ok' | 'refused' | 'unknown'): void =>
      network.send(proxy.host, host, () => end(told));

    network.send(host, proxy.host, () => {
      const to = proxy.route?.write ?? null;
      const server = to === null ? undefined : this.#o.server(to);
      if (to === null || server === undefined) return answer('refused');
      let cut = false;
      let kill: () => void = () => undefined;
      const lost = (): void => {
        if (cut) return;
        cut = true;
        answer('unknown');
      };
      close = proxy.open(to, lost);
      network.send(proxy.host, server.host, () => {
        const { process } = server;
        if (process === null)
          return network.send(server.host, proxy.host, () => {
            if (cut) return;
            cut = true;
            answer('refused');
          });
        process.onDead(() => {
          if (server.host.up && record.told === 'pending') network.send(server.host, proxy.host, lost);
        });
        process.deliver(() => {
          const session = server.write(record.row, (result) => {
            const saidMs = clock.monotonicMs();
            network.send(server.host, proxy.host, () => {
              // A session that the proxy has cut carries no answer any more.
              if (cut) return;
              cut = true;
              if (result === 'ok' && record.told === 'pending') {
                record.by = to;
                record.saidMs = saidMs;
              }
              answer(result === 'ok' ? 'ok' : 'refused');
            });
          });
          kill = session.kill;
        });
      });
      void kill;
    });
  }
}
