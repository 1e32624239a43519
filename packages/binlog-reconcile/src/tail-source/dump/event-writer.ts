import { crc32 } from 'node:zlib';
import { EVENT_HEADER_LENGTH } from '../../events/event-header.js';
import type { BlockReader } from '../inventory/block-reader.js';
import { ChannelClosedError, type PacketChannel } from '../protocol/packet-channel.js';
import { PACKET_HEADER_BYTES, PACKET_PAYLOAD_MAX } from '../protocol/packets.js';

/** Small events are gathered up to so many bytes before they are written. */
const GATHERED_BYTES = 1 << 18;
const LENGTH_AT = 9;
/** Behind each packet's header, a byte that says "an event follows". */
const OK_BYTES = 1;

/** The bytes of an event in the file are not what its checksum says. */
export class WrongChecksumError extends Error {
  constructor(readonly position: number) {
    super(`the checksum of the event at ${position} is wrong`);
  }
}

/** Where checksums are, and where they are to be. */
export interface ChecksumForm {
  /** Events in the file have one. */
  readonly stored: boolean;
  /** The replica gets them. */
  readonly sent: boolean;
}

/**
 * Writes events as packets, at the speed at which the replica takes them: holds one block of the file and one buffer of
 * packets, however large an event is.
 */
export class EventWriter {
  #out = Buffer.allocUnsafeSlow(GATHERED_BYTES);
  #filled = 0;
  #lastWriteMs = performance.now();

  constructor(
    private readonly channel: PacketChannel,
    private readonly stallTimeoutMs: number,
  ) {}

  /** Milliseconds since something was written. */
  get silentMs(): number {
    return performance.now() - this.#lastWriteMs;
  }

  /** Sends a made event. */
  async add(event: Buffer): Promise<void> {
    await this.#makeRoom(event.length);
    this.#beginPacket(event.length);
    this.#filled += event.copy(this.#out, this.#filled);
  }

  /**
   * Sends the event of `length` bytes at `position` of a file. A block of the reader must be able to hold
   * the event's header.
   * @throws WrongChecksumError before any byte of the event was sent
   * @throws ChannelClosedError also for a wrong checksum of an event of which a part was sent already
   */
  async addStored(reader: BlockReader, position: number, length: number, form: ChecksumForm): Promise<void> {
    if (length > reader.blockBytes) return this.#addLarge(reader, position, length, form);
    if (!reader.has(position, length)) await reader.load(position);
    const { block } = reader;
    const at = position - reader.start;
    const bodyEnd = at + length - (form.stored ? 4 : 0);
    if (form.stored && crc32(block.subarray(at, bodyEnd)) !== block.readUInt32LE(bodyEnd)) {
      throw new WrongChecksumError(position);
    }
    const sentLength = bodyEnd - at + (form.sent ? 4 : 0);
    await this.#makeRoom(sentLength);
    this.#beginPacket(sentLength);
    const begin = this.#filled;
    const out = this.#out;
    if (form.stored && form.sent) {
      this.#filled += block.copy(out, begin, at, at + length);
      return;
    }
    this.#filled += block.copy(out, begin, at, bodyEnd);
    if (form.stored === form.sent) return;
    out.writeUInt32LE(sentLength, begin + LENGTH_AT);
    if (form.sent) this.#filled = out.writeUInt32LE(crc32(out.subarray(begin, this.#filled)), this.#filled);
  }

  /** Writes what was gathered. */
  async flush(): Promise<void> {
    if (this.#filled === 0) return;
    const bytes = this.#out.subarray(0, this.#filled);
    // The bytes belong to the socket now.
    this.#out = Buffer.allocUnsafeSlow(GATHERED_BYTES);
    this.#filled = 0;
    await this.#write(bytes);
  }

  async #write(bytes: Buffer): Promise<void> {
    await this.channel.write(bytes, this.stallTimeoutMs);
    this.#lastWriteMs = performance.now();
  }

  async #makeRoom(eventBytes: number): Promise<void> {
    const needed = PACKET_HEADER_BYTES + OK_BYTES + eventBytes;
    if (this.#filled + needed <= this.#out.length) return;
    await this.flush();
    if (needed > this.#out.length) this.#out = Buffer.allocUnsafeSlow(needed);
  }

  #beginPacket(eventBytes: number): void {
    const out = this.#out;
    out.writeUIntLE(eventBytes + OK_BYTES, this.#filled, 3);
    out[this.#filled + 3] = this.channel.sequence;
    out[this.#filled + 4] = 0;
    this.channel.sequence++;
    this.#filled += PACKET_HEADER_BYTES + OK_BYTES;
  }

  /** An event that no block holds goes through in parts. */
  async #addLarge(reader: BlockReader, position: number, length: number, form: ChecksumForm): Promise<void> {
    await this.flush();
    const bodyEnd = position + length - (form.stored ? 4 : 0);
    const sentLength = bodyEnd - position + (form.sent ? 4 : 0);
    const packets = new PacketSplitter(this.channel, sentLength + OK_BYTES, (bytes) => this.#write(bytes));
    await packets.add(Buffer.from([0]));
    let storedCrc = 0;
    let sentCrc = 0;
    for (let at = position; at < bodyEnd;) {
      if (at === position && !reader.has(at, EVENT_HEADER_LENGTH)) await reader.load(at);
      const part = await reader.part(at, bodyEnd);
      if (part.length === 0) throw new ChannelClosedError(`the file ends inside the event at ${position}`);
      storedCrc = crc32(part, storedCrc);
      let sent = part;
      if (at === position && sentLength !== length) {
        sent = Buffer.from(part);
        sent.writeUInt32LE(sentLength, LENGTH_AT);
      }
      sentCrc = crc32(sent, sentCrc);
      await packets.add(sent);
      at += part.length;
    }
    if (form.stored) {
      if (!reader.has(bodyEnd, 4)) await reader.load(bodyEnd);
      if (!reader.has(bodyEnd, 4) || reader.block.readUInt32LE(bodyEnd - reader.start) !== storedCrc) {
        // In the middle of a packet nothing can be said any more.
        throw new ChannelClosedError(new WrongChecksumError(position).message);
      }
    }
    if (form.sent) {
      const checksum = Buffer.alloc(4);
      checksum.writeUInt32LE(sentCrc);
      await packets.add(checksum);
    }
    await packets.end();
  }
}

/** Puts packet headers between the parts of a payload whose length is known. */
class PacketSplitter {
  #left: number;
  #leftOfPacket = 0;

  constructor(
    private readonly channel: PacketChannel,
    private readonly length: number,
    private readonly write: (bytes: Buffer) => Promise<void>,
  ) {
    this.#left = length;
  }

  async add(part: Buffer): Promise<void> {
    for (let at = 0; at < part.length;) {
      if (this.#leftOfPacket === 0) await this.#begin();
      const bytes = part.subarray(at, at + this.#leftOfPacket);
      await this.write(bytes);
      at += bytes.length;
      this.#left -= bytes.length;
      this.#leftOfPacket -= bytes.length;
    }
  }

  /** A packet of the greatest length is followed by another, if only by an empty one. */
  async end(): Promise<void> {
    if (this.length % PACKET_PAYLOAD_MAX === 0) await this.#begin();
  }

  async #begin(): Promise<void> {
    this.#leftOfPacket = Math.min(this.#left, PACKET_PAYLOAD_MAX);
    const header = Buffer.alloc(PACKET_HEADER_BYTES);
    header.writeUIntLE(this.#leftOfPacket, 0, 3);
    header[3] = this.channel.sequence;
    this.channel.sequence++;
    await this.write(header);
  }
}
