import type { Socket } from 'node:net';
import { PACKET_HEADER_BYTES, PACKET_PAYLOAD_MAX, framed } from './packets.js';
import { sqlErrors } from './sql-error.js';

/** The other side is gone, or took too long. Nobody can be told any more. */
export class ChannelClosedError extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'ChannelClosedError';
  }
}

/** Packets over one socket: reads one at a time, writes at the speed at which the other side takes them. */
export class PacketChannel {
  #sequence = 0;
  #ended: ChannelClosedError | null = null;
  #wake: () => void = () => {};
  #bytesWritten = 0;

  constructor(private socket: Socket) {
    this.#listen();
  }

  get closed(): boolean {
    return this.#ended !== null;
  }

  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  /** Number of the next packet to be sent. */
  get sequence(): number {
    return this.#sequence;
  }

  set sequence(value: number) {
    this.#sequence = value & 0xff;
  }

  /** Goes on over another socket, as when TLS begins. What the other side has sent already stays in the first one. */
  switchTo(make: (socket: Socket) => Socket): Socket {
    const before = this.socket;
    this.#unlisten();
    this.socket = make(before);
    this.#listen();
    return this.socket;
  }

  destroy(why: string): void {
    this.#end(why);
    this.socket.destroy();
  }

  /** Ends the connection once everything written has been taken over by the system. */
  end(why: string): void {
    this.socket.end();
    this.#end(why);
    this.socket.destroySoon();
  }

  /**
   * The next packet's payload.
   * @throws ChannelClosedError when the other side is gone or sends nothing until the deadline
   * @throws SqlError when it is larger than `bytesMax`
   */
  async read(bytesMax: number, timeoutMs: number): Promise<Buffer> {
    const deadline = performance.now() + timeoutMs;
    const parts: Buffer[] = [];
    let bytes = 0;
    for (;;) {
      const header = await this.#exactly(PACKET_HEADER_BYTES, deadline);
      const length = header.readUIntLE(0, 3);
      this.sequence = (header[3] as number) + 1;
      bytes += length;
      if (bytes > bytesMax) throw sqlErrors.packetTooLarge(bytesMax);
      if (length > 0) parts.push(await this.#exactly(length, deadline));
      if (length < PACKET_PAYLOAD_MAX)
        return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
    }
  }

  /** Sends payloads, each as a packet of its own. */
  async send(...payloads: readonly Buffer[]): Promise<void> {
    const all: Buffer[] = [];
    for (const payload of payloads) {
      const { bytes, next } = framed(payload, this.#sequence);
      this.#sequence = next;
      all.push(bytes);
    }
    await this.write(Buffer.concat(all), SEND_TIMEOUT_MS);
  }

  /**
   * Sends bytes that are packets already; resolves when the system has taken so many of them that little waits in memory.
   * @throws ChannelClosedError when the other side is gone, or takes nothing for `timeoutMs`
   */
  async write(bytes: Buffer, timeoutMs: number): Promise<void> {
    if (this.#ended !== null) throw this.#ended;
    this.#bytesWritten += bytes.length;
    if (this.socket.write(bytes)) return;
    const deadline = performance.now() + timeoutMs;
    while (this.socket.writableNeedDrain) await this.#woken(deadline, 'it took nothing of what was sent');
  }

  /** Resolves after `ms`, or as soon as the other side closes or sends something. */
  async pause(ms: number): Promise<void> {
    const deadline = performance.now() + ms;
    while (performance.now() < deadline && this.#ended === null && !this.spoke()) {
      await this.#sleep(deadline - performance.now());
    }
  }

  /** Whether the other side has sent something that was not read yet. */
  spoke(): boolean {
    return this.socket.readableLength > 0;
  }

  async #exactly(length: number, deadline: number): Promise<Buffer> {
    for (;;) {
      if (this.#ended === null || this.socket.readableLength >= length) {
        const bytes = this.socket.read(length) as Buffer | null;
        if (bytes !== null && bytes.length === length) return bytes;
      }
      await this.#woken(deadline, 'it sent nothing');
    }
  }

  async #woken(deadline: number, what: string): Promise<void> {
    if (this.#ended !== null) throw this.#ended;
    const left = deadline - performance.now();
    if (left <= 0) throw new ChannelClosedError(`${what} until the deadline`);
    await this.#sleep(left);
  }

  async #sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => {};
  }

  readonly #onActivity = (): void => this.#wake();
  readonly #onEnd = (): void => this.#end('the other side closed the connection');
  readonly #onError = (error: Error): void => this.#end(error.message);

  #end(why: string): void {
    this.#ended ??= new ChannelClosedError(why);
    this.#wake();
  }

  #listen(): void {
    this.socket
      .on('readable', this.#onActivity)
      .on('drain', this.#onActivity)
      .on('end', this.#onEnd)
      .on('close', this.#onEnd)
      .on('error', this.#onError);
  }

  #unlisten(): void {
    this.socket
      .off('readable', this.#onActivity)
      .off('drain', this.#onActivity)
      .off('end', this.#onEnd)
      .off('close', this.#onEnd);
  }
}

/** For answers of a few bytes. */
const SEND_TIMEOUT_MS = 30_000;
