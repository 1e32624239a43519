import { isZooKeeperError, type ZooKeeperClient } from '@dcmha/zk-client';

const pauseMs = 15;

interface Operation {
  readonly id: string;
  outcome: 'pending' | 'acknowledged' | 'unknown' | 'failed';
}

/** What is found at the servers after a load. */
export interface Audit {
  readonly acknowledged: number;
  readonly unknown: number;
  /** Acknowledged and not there. */
  readonly lost: string[];
  /** There more than once. */
  readonly doubled: string[];
  /** There though they failed for certain. */
  readonly unexpected: string[];
  /** Counters whose version is not the number of increments that happened. */
  readonly miscounted: string[];
}

/**
 * A steady load by one client: some workers add nodes (sequential ones, so that an operation done twice leaves two),
 * others count up a number, each step only at the version they read. It keeps its own account of what became of each
 * operation, to be compared with what is at the servers.
 */
export class Load {
  readonly #zk: ZooKeeperClient;
  readonly #folder: string;
  readonly #operations: Operation[] = [];
  readonly #increments = new Map<string, { acknowledged: number; unknown: number }>();
  readonly #successesAtMs: number[] = [];
  readonly #workers: Promise<void>[] = [];
  #isStopping = false;

  constructor(zk: ZooKeeperClient, folder: string) {
    this.#zk = zk;
    this.#folder = folder;
  }

  async start(): Promise<void> {
    await this.#zk.create(this.#folder);
    for (let worker = 0; worker < 2; worker += 1) {
      const counter = `${this.#folder}-counter-${worker}`;
      await this.#zk.create(counter, '0');
      this.#increments.set(counter, { acknowledged: 0, unknown: 0 });
      this.#workers.push(this.#add(worker), this.#countUp(counter));
    }
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#workers);
  }

  get acknowledgedCount(): number {
    return this.#successesAtMs.length;
  }

  /** Longest time without any success since then; a success in the future counts as not yet come. */
  longestGapMs(sinceMs: number): number {
    let longest = 0;
    let last = sinceMs;
    for (const at of [...this.#successesAtMs.filter((success) => success > sinceMs), performance.now()]) {
      longest = Math.max(longest, at - last);
      last = at;
    }
    return longest;
  }

  async audit(observer: ZooKeeperClient): Promise<Audit> {
    await observer.sync('/');
    const { children } = await observer.children(this.#folder);
    const found = new Map<string, number>();
    for (const name of children) {
      const id = name.slice(0, -10);
      found.set(id, (found.get(id) ?? 0) + 1);
    }
    const of = (test: (operation: Operation, times: number) => boolean): string[] =>
      this.#operations
        .filter((operation) => test(operation, found.get(operation.id) ?? 0))
        .map(({ id }) => id);
    const miscounted: string[] = [];
    for (const [counter, { acknowledged, unknown }] of this.#increments) {
      const { data, stat } = await observer.get(counter);
      const count = Number(data.toString());
      if (count !== stat.version || count < acknowledged || count > acknowledged + unknown)
        miscounted.push(counter);
    }
    return {
      acknowledged: this.#successesAtMs.length,
      unknown: of(({ outcome }) => outcome === 'unknown').length,
      lost: of(({ outcome }, times) => outcome === 'acknowledged' && times === 0),
      doubled: of((_, times) => times > 1),
      unexpected: of(({ outcome }, times) => outcome === 'failed' && times > 0),
      miscounted,
    };
  }

  async #add(worker: number): Promise<void> {
    for (let count = 0; !this.#isStopping; count += 1) {
      const operation: Operation = { id: `${worker}-${count}-`, outcome: 'pending' };
      this.#operations.push(operation);
      try {
        await this.#zk.create(`${this.#folder}/${operation.id}`, '', { mode: 'persistent-sequential' });
        operation.outcome = 'acknowledged';
        this.#successesAtMs.push(performance.now());
      } catch (error) {
        operation.outcome = isZooKeeperError(error) && error.maybeApplied ? 'unknown' : 'failed';
      }
      await pause();
    }
  }

  async #countUp(counter: string): Promise<void> {
    const account = this.#increments.get(counter) as { acknowledged: number; unknown: number };
    while (!this.#isStopping) {
      try {
        const { data, stat } = await this.#zk.get(counter);
        await this.#zk.set(counter, String(Number(data.toString()) + 1), { version: stat.version });
        account.acknowledged += 1;
        this.#successesAtMs.push(performance.now());
      } catch (error) {
        if (isZooKeeperError(error) && error.maybeApplied) account.unknown += 1;
      }
      await pause();
    }
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, pauseMs));
}
