import { MysqlInstance } from '@dcmha/mysql-instance';
import { parseAddress, type OpinionAnswer } from '@dcmha/zk-schema';

export interface OpinionGiverOptions {
  readonly mysql: { readonly user: string; readonly password: string };
}

/** Trials at one time; who asks for more is told so. */
const trialsMax = 16;

/** Tries other servers from this host. Everybody who asks about one at the same time gets the same answer. */
export class OpinionGiver {
  readonly #o: OpinionGiverOptions;
  readonly #running = new Map<string, Promise<OpinionAnswer>>();
  readonly #closing = new AbortController();

  constructor(options: OpinionGiverOptions) {
    this.#o = options;
  }

  /** @throws Error when too many are tried already */
  async opinion(target: string, timeoutMs: number): Promise<OpinionAnswer> {
    const running = this.#running.get(target);
    if (running !== undefined) return running;
    if (this.#running.size >= trialsMax) throw new Error('too many servers are tried at this moment');
    const trial = this.#try(target, timeoutMs).finally(() => this.#running.delete(target));
    this.#running.set(target, trial);
    return trial;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#running.values());
  }

  async #try(target: string, timeoutMs: number): Promise<OpinionAnswer> {
    const instance = new MysqlInstance({
      address: parseAddress(target),
      ...this.#o.mysql,
      connectTimeoutMs: timeoutMs,
      applicationName: 'dcmha-agent',
    });
    try {
      const { verdict, evidence, elapsedMs } = await instance.probe({
        timeoutMs,
        signal: this.#closing.signal,
      });
      return { target, outcome: verdict, detail: evidence.map((e) => e.detail).join('; '), elapsedMs };
    } finally {
      instance.close();
    }
  }
}
