import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/**
 * A TCP relay before a server; `cut` ends every connection through it and lets none in until `heal`. It has a thread of
 * its own, because the npm package `zookeeper` blocks this one while it waits for the server's goodbye.
 */
export class Relay {
  readonly address: string;
  readonly #thread: Worker;

  private constructor(thread: Worker, port: number) {
    this.#thread = thread;
    this.address = `127.0.0.1:${port}`;
  }

  static async start({ host, port }: { readonly host: string; readonly port: number }): Promise<Relay> {
    const thread = new Worker(new URL('./relay-thread.mjs', import.meta.url), { workerData: { host, port } });
    const [listening] = (await once(thread, 'message')) as [number];
    return new Relay(thread, listening);
  }

  cut(): Promise<void> {
    return this.#tell('cut');
  }

  heal(): Promise<void> {
    return this.#tell('heal');
  }

  async close(): Promise<void> {
    await this.#tell('close');
    await this.#thread.terminate();
  }

  async #tell(command: 'cut' | 'heal' | 'close'): Promise<void> {
    const done = once(this.#thread, 'message');
    this.#thread.postMessage(command);
    await done;
  }
}
