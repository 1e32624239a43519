import { MemoryZooKeeper, VirtualClock } from '../memory/index.js';
import type { MemoryClient, MemoryClientOptions } from '../memory/index.js';
import { createStore } from '../store/index.js';
import type { Store, StoreOptions } from '../store/index.js';

/** An ensemble on a virtual clock, and what a test needs around it. */
export class MemoryFixture {
  readonly clock = new VirtualClock();
  readonly ensemble = new MemoryZooKeeper({ clock: this.clock });

  async client(options: MemoryClientOptions = {}): Promise<MemoryClient> {
    const client = this.ensemble.connect(options);
    const ready = client.waitConnected();
    await this.clock.advance(0);
    await ready;
    return client;
  }

  async store(options: StoreOptions & MemoryClientOptions = {}): Promise<Store & { client: MemoryClient }> {
    const client = await this.client(options);
    return { ...createStore(client, { clock: this.clock, ...options }), client };
  }

  /** Everything that was set free has run. */
  async settle(): Promise<void> {
    await this.clock.advance(0);
  }

  /** Paths and texts below (and with) a path. */
  texts(path = '/'): Record<string, string> {
    return Object.fromEntries(this.ensemble.dump(path).map((node) => [node.path, node.data.toString()]));
  }
}

/** Lets virtual time pass until the promise settled. */
export async function settledWithin<T>(
  fixture: MemoryFixture,
  promise: Promise<T>,
  withinMs: number,
): Promise<T> {
  let settled = false;
  const note = (): void => {
    settled = true;
  };
  promise.then(note, note);
  for (let passedMs = 0; passedMs <= withinMs && !settled; passedMs += 10) await fixture.clock.advance(10);
  if (!settled) throw new Error(`still pending after ${withinMs} ms of virtual time`);
  return promise;
}
