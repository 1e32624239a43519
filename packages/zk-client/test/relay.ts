import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** How the relay treats bytes on their way from the server to the client; may return several chunks, or none. */
export type Tamper = (chunk: Buffer) => Buffer;

/** A TCP relay before a server, which can cut, hold and change what passes. */
export class Relay {
  readonly #server: Server;
  readonly #target: { host: string; port: number };
  readonly #pairs = new Set<{ near: Socket; far: Socket }>();
  #isCut = false;
  #isHeld = false;
  #requestTypes = new Map<number, number>();
  #tamper: Tamper | undefined;
  /** Connections accepted so far. */
  accepted = 0;

  private constructor(target: { host: string; port: number }) {
    this.#target = target;
    this.#server = createServer((near) => this.#relay(near));
  }

  /** Rejects when the machine has no such address. */
  static async start(target: { host: string; port: number }, host = '127.0.0.1'): Promise<Relay> {
    const relay = new Relay(target);
    await new Promise<void>((resolve, reject) => {
      relay.#server.once('error', reject);
      relay.#server.listen(0, host, resolve);
    });
    return relay;
  }

  /** As it stands in a connect string. */
  get address(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `${address.includes(':') ? `[${address}]` : address}:${port}`;
  }

  /** Connections that are open now. */
  get openCount(): number {
    return this.#pairs.size;
  }

  /** Ends all connections and refuses new ones. */
  cut(): void {
    this.#isCut = true;
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
  }

  /** From now on bytes of the server are taken and not passed on: a server that has gone silent. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Passes everything on again, as it is. */
  heal(): void {
    this.#isCut = false;
    this.#isHeld = false;
    this.#requestTypes.clear();
    this.#tamper = undefined;
  }

  /** Turns requests of one type into another; assumes that a chunk begins with a frame. */
  replaceRequestType(from: number, to: number): void {
    this.#requestTypes.set(from, to);
  }

  tamper(tamper: Tamper | undefined): void {
    this.#tamper = tamper;
  }

  /** Sends bytes to every client, as if they came from the server. */
  inject(bytes: Buffer): void {
    for (const { near } of this.#pairs) near.write(bytes);
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #relay(near: Socket): void {
    this.accepted += 1;
    if (this.#isCut) {
      near.destroy();
      return;
    }
    const far = connect(this.#target);
    near.setNoDelay(true);
    far.setNoDelay(true);
    const pair = { near, far };
    this.#pairs.add(pair);
    const end = (): void => {
      this.#pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    near.on('error', end).on('close', end);
    far.on('error', end).on('close', end);
    near.on('data', (chunk: Buffer) => far.write(this.#changeRequests(chunk)));
    far.on('data', (chunk: Buffer) => {
      if (this.#isHeld) return;
      near.write(this.#tamper ? this.#tamper(chunk) : chunk);
    });
  }

  #changeRequests(chunk: Buffer): Buffer {
    if (this.#requestTypes.size === 0) return chunk;
    for (let at = 0; at + 12 <= chunk.length; at += 4 + chunk.readInt32BE(at)) {
      const type = this.#requestTypes.get(chunk.readInt32BE(at + 8));
      if (type !== undefined) chunk.writeInt32BE(type, at + 8);
    }
    return chunk;
  }
}
