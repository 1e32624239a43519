import { isZooKeeperError, type ZooKeeper } from '@dcmha/zk-client';

export interface LiveValueOptions<T> {
  readonly zk: ZooKeeper;
  readonly path: string;
  /** Makes the value of the node's data; what it throws goes to `failed`, and the value stays what it was. */
  readonly parse: (data: Buffer, version: number) => T;
  /** Called with each new value, `null` when there is no node. */
  readonly changed: (value: T | null) => void;
  readonly failed: (error: Error) => void;
  readonly over: AbortSignal;
}

const retryMs = 100;

/**
 * Keeps the value of one node: watched, read again after each event and after each reconnection (persistent watches
 * do not tell what happened in between). A read that fails is repeated while the session lives.
 */
export class LiveValue<T> {
  readonly #options: LiveValueOptions<T>;
  #value: T | null = null;
  #stale = true;
  #reading: Promise<void> | null = null;

  private constructor(options: LiveValueOptions<T>) {
    this.#options = options;
  }

  /** Resolves when the first value is there. */
  static async open<T>(options: LiveValueOptions<T>): Promise<LiveValue<T>> {
    const live = new LiveValue(options);
    const { zk, path, over } = options;
    const lookAgain = (needed: boolean): void => {
      if (needed) void live.#look();
    };
    await zk.addWatch(path, ({ type }) => lookAgain(type !== 'watch-lost'), { signal: over });
    const forget = zk.onState(({ state }) => lookAgain(state === 'connected'));
    over.addEventListener('abort', forget, { once: true });
    await live.#look();
    return live;
  }

  get value(): T | null {
    return this.#value;
  }

  #look(): Promise<void> {
    this.#stale = true;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    const { zk, path, over } = this.#options;
    while (this.#stale && !over.aborted) {
      this.#stale = false;
      try {
        const { data, stat } = await zk.get(path, { signal: over });
        this.#set(this.#options.parse(data, stat.version));
      } catch (error) {
        if (over.aborted) return;
        if (isZooKeeperError(error, 'NO_NODE')) {
          this.#set(null);
          continue;
        }
        this.#options.failed(error instanceof Error ? error : new Error(String(error)));
        if (isZooKeeperError(error)) {
          this.#stale = true;
          await new Promise((resolve) => setTimeout(resolve, retryMs));
        }
      }
    }
  }

  #set(value: T | null): void {
    this.#value = value;
    this.#options.changed(value);
  }
}
