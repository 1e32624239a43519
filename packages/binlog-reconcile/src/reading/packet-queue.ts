import type { Connection, RowDataPacket } from 'mysql2';
import { EVENT_HEADER_LENGTH } from '../events/event-header.js';

/** Bytes that may wait for the reader before the socket is paused. */
const QUEUED_BYTES_MAX = 8 << 20;

/** What mysql2 hands to a command (its `lib/packets/packet.js`). */
interface Packet {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly end: number;
  asError(encoding: string): Error & { code?: string };
}

/** The part of a mysql2 connection that its types leave out. */
interface CommandConnection {
  readonly stream: { destroy(): void };
  addCommand(command: DumpCommand): void;
  _resetSequenceId(): void;
  writePacket(packet: { buffer: Buffer; length(): number; writeHeader(sequenceId: number): void }): void;
}

interface DumpCommand {
  execute(packet: Packet | undefined, connection: CommandConnection): boolean;
  onResult(error: Error): void;
}

type MakeError = (message: string, code: string | undefined, cause: unknown) => Error;

/**
 * Event packets of a dump, between mysql2 and an async reader: bounded, with an end, an error, a limit on silence and an
 * abort signal. Owns the connection.
 */
export class PacketQueue {
  #packets: Buffer[] = [];
  #bytes = 0;
  #paused = false;
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;
  #closed = false;
  readonly #abort = () => this.#fail(abortReason(this.signal));

  constructor(
    private readonly connection: Connection,
    private readonly silenceTimeoutMs: number,
    private readonly signal: AbortSignal | undefined,
    private readonly makeError: MakeError,
  ) {
    connection.on('error', (error: Error & { code?: string }) =>
      this.#fail(this.makeError(error.message, error.code, error)),
    );
    connection.on('end', () =>
      this.#fail(this.makeError('the server closed the connection', 'PROTOCOL_CONNECTION_LOST', undefined)),
    );
    signal?.addEventListener('abort', this.#abort, { once: true });
  }

  /** A statement before the dump, within the limit on silence. */
  query(connection: Connection, sql: string): Promise<RowDataPacket[]> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        this.#wake = undefined;
        act();
      };
      const timer = setTimeout(() => {
        this.#fail(this.makeError(`no answer to "${sql}"`, 'ETIMEDOUT', undefined));
      }, this.silenceTimeoutMs);
      this.#wake = () => settle(() => reject(this.#error ?? new Error('closed')));
      if (this.#error !== undefined) {
        this.#wake();
        return;
      }
      connection.query<RowDataPacket[]>(sql, (error, rows) =>
        settle(() => (error ? reject(this.makeError(error.message, error.code, error)) : resolve(rows))),
      );
    });
  }

  /** Sends the request; its first four bytes are room for the packet header. */
  start(request: Buffer): void {
    if (request.length - 4 >= 0xff_ffff) {
      throw this.makeError('the GTID set does not fit one packet', undefined, undefined);
    }
    let sent = false;
    (this.connection as unknown as CommandConnection).addCommand({
      onResult: (error) =>
        this.#fail(this.makeError(error.message, (error as { code?: string }).code, error)),
      execute: (packet, connection) => {
        if (!sent) {
          sent = true;
          connection._resetSequenceId();
          connection.writePacket({
            buffer: request,
            length: () => request.length - 4,
            writeHeader: (sequenceId) => {
              request.writeUIntLE(request.length - 4, 0, 3);
              request[3] = sequenceId;
            },
          });
          return false;
        }
        return packet === undefined || this.#accept(packet);
      },
    });
  }

  /** Packets that arrived, at least one; `undefined` when the server said that this is all. */
  async next(): Promise<Buffer[] | undefined> {
    if (this.#packets.length === 0 && !this.#ended && this.#error === undefined) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => {
          this.#fail(
            this.makeError(
              `nothing, not even a heartbeat, for ${this.silenceTimeoutMs} ms`,
              'ETIMEDOUT',
              undefined,
            ),
          );
        }, this.silenceTimeoutMs);
        this.#wake = () => {
          clearTimeout(timer);
          this.#wake = undefined;
          resolve();
        };
      });
    }
    if (this.#packets.length > 0) {
      const packets = this.#packets;
      this.#packets = [];
      this.#bytes = 0;
      if (this.#paused && !this.#closed) {
        this.#paused = false;
        this.connection.resume();
      }
      return packets;
    }
    if (this.#error !== undefined) throw this.#error;
    return undefined;
  }

  close(): void {
    this.#closed = true;
    this.signal?.removeEventListener('abort', this.#abort);
    this.connection.destroy();
    // mysql2 only ends its half: a server that hangs would keep the socket.
    (this.connection as unknown as CommandConnection).stream.destroy();
  }

  /** Returns whether the dump is over. */
  #accept(packet: Packet): boolean {
    const { buffer, offset, end } = packet;
    const marker = buffer[offset];
    if (marker === 0 && end - offset > EVENT_HEADER_LENGTH) {
      const bytes = buffer.subarray(offset + 1, end);
      this.#packets.push(bytes);
      this.#bytes += bytes.length;
      if (this.#bytes >= QUEUED_BYTES_MAX && !this.#paused) {
        this.#paused = true;
        this.connection.pause();
      }
      this.#wake?.();
      return false;
    }
    if (marker === 0xfe) {
      this.#ended = true;
      this.#wake?.();
      return true;
    }
    if (marker === 0xff) {
      const error = packet.asError('utf8');
      this.#fail(this.makeError(error.message, error.code, error));
    } else {
      this.#fail(this.makeError(`a packet that begins with byte ${marker}`, undefined, undefined));
    }
    return true;
  }

  #fail(error: Error): void {
    if (this.#closed || this.#ended) return;
    this.#error ??= error;
    this.#wake?.();
  }
}

function abortReason(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error('aborted');
}
