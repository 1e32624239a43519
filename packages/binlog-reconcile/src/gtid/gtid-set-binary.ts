import { GtidDecodeError, GtidEncodeError } from './errors.js';
import { normalizeTag, splitGtidSource, type GtidSource } from './gtid.js';
import { FIRST_GNO, LAST_GNO, type Intervals } from './intervals.js';

/**
 * The two binary forms (`Gtid_set::encode` in MySQL's `rpl_gtid_set.cc`), used in PREVIOUS_GTIDS events and in
 * COM_BINLOG_DUMP_GTID. All integers little endian:
 *
 * - `untagged` (format 0): count of sources u64; for each: UUID 16 bytes, count of intervals u64, then begin u64 and
 *   end u64 (exclusive) of each;
 * - `tagged` (format 1, MySQL 8.3 and newer, written as soon as one tag exists): header u64 with 1 in its first and
 *   last byte and the count in the six bytes between; after each UUID a tag: a length (one byte, value times two, as
 *   the variable-length integers of MySQL's serialization library are for values under 64), then its bytes.
 */
export type GtidSetFormat = 'untagged' | 'tagged';

const HEADER_BYTES = 8;
const UUID_BYTES = 16;
const COUNT_BYTES = 8;
const INTERVAL_BYTES = 16;
const TAGGED = 1n;

/** Encodes sources that are already in canonical order. Throws {@link GtidEncodeError} for a tag in untagged form. */
export function encodeGtidSet(sources: ReadonlyMap<GtidSource, Intervals>, format: GtidSetFormat): Buffer {
  const tagged = format === 'tagged';
  let size = HEADER_BYTES;
  for (const [source, intervals] of sources) {
    const { tag } = splitGtidSource(source);
    if (tag !== '' && !tagged) {
      throw new GtidEncodeError(
        `The untagged form of a GTID set cannot hold ${source}; use the tagged form, or leave tags out with withoutTags()`,
      );
    }
    size +=
      UUID_BYTES + (tagged ? 1 + tag.length : 0) + COUNT_BYTES + (intervals.length / 2) * INTERVAL_BYTES;
  }
  const bytes = Buffer.alloc(size);
  const count = BigInt(sources.size);
  bytes.writeBigUInt64LE(tagged ? (TAGGED << 56n) | (count << 8n) | TAGGED : count, 0);
  let at = HEADER_BYTES;
  for (const [source, intervals] of sources) {
    const { uuid, tag } = splitGtidSource(source);
    at += bytes.write(uuid.replaceAll('-', ''), at, 'hex');
    if (tagged) {
      bytes[at++] = tag.length << 1;
      at += bytes.write(tag, at, 'latin1');
    }
    bytes.writeBigUInt64LE(BigInt(intervals.length / 2), at);
    at += COUNT_BYTES;
    for (const boundary of intervals) at = bytes.writeBigUInt64LE(boundary, at);
  }
  return bytes;
}

/**
 * Decodes either form. `bytes` is exactly the set (no event header, no checksum). Throws {@link GtidDecodeError} for
 * anything that a server does not write: intervals out of order or touching, a source twice, bytes missing or left.
 */
export function decodeGtidSet(bytes: Uint8Array): Map<GtidSource, Intervals> {
  const reader = new Reader(bytes);
  const header = reader.u64('the count of sources');
  const format = header >> 56n;
  if (format > TAGGED || (format === TAGGED && (header & 0xffn) !== TAGGED)) {
    throw new GtidDecodeError(0, `unknown format ${format}`);
  }
  const tagged = format === TAGGED;
  const sourceCount = tagged ? (header >> 8n) & 0xffffffffffffn : header;
  reader.expectRoomFor(sourceCount, UUID_BYTES + COUNT_BYTES, 'sources');
  const sources = new Map<GtidSource, Intervals>();
  for (let s = 0n; s < sourceCount; s++) {
    const sourceAt = reader.at;
    const uuid = reader.uuid();
    const tag = tagged ? reader.tag() : '';
    const source = tag === '' ? uuid : `${uuid}:${tag}`;
    if (sources.has(source)) throw new GtidDecodeError(sourceAt, `${source} for the second time`);
    sources.set(source, reader.intervals());
  }
  reader.expectEnd();
  return sources;
}

class Reader {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u64(what: string): bigint {
    this.#expect(8, what);
    const value = this.#bytes.readBigUInt64LE(this.at);
    this.at += 8;
    return value;
  }

  uuid(): string {
    this.#expect(UUID_BYTES, 'a UUID');
    const hex = this.#bytes.toString('hex', this.at, this.at + UUID_BYTES);
    this.at += UUID_BYTES;
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  tag(): string {
    this.#expect(1, 'the length of a tag');
    const length = this.#bytes.readUInt8(this.at);
    if ((length & 1) === 1 || length > 64)
      throw new GtidDecodeError(this.at, 'a tag longer than 32 characters');
    this.at++;
    this.#expect(length >> 1, 'a tag');
    const text = this.#bytes.toString('latin1', this.at, this.at + (length >> 1));
    if (normalizeTag(text) !== text) throw new GtidDecodeError(this.at, `${JSON.stringify(text)} as a tag`);
    this.at += length >> 1;
    return text;
  }

  intervals(): Intervals {
    const count = this.u64('the count of intervals');
    this.expectRoomFor(count, INTERVAL_BYTES, 'intervals');
    if (count === 0n) throw new GtidDecodeError(this.at - 8, 'a source without intervals');
    const result: bigint[] = [];
    let previous = FIRST_GNO - 1n;
    for (let i = 0n; i < count; i++) {
      const intervalAt = this.at;
      const from = this.u64('an interval');
      const to = this.u64('an interval');
      if (from <= previous || to <= from || to > LAST_GNO + 1n) {
        throw new GtidDecodeError(intervalAt, `interval ${from} to ${to} (exclusive) after ${previous}`);
      }
      result.push(from, to);
      previous = to;
    }
    return result;
  }

  /** So that a count made of damaged bytes costs no time and no memory. */
  expectRoomFor(count: bigint, bytesEach: number, what: string): void {
    if (count * BigInt(bytesEach) > BigInt(this.#bytes.length - this.at)) {
      throw new GtidDecodeError(
        this.at,
        `${count} ${what} announced, more than the bytes that follow can hold`,
      );
    }
  }

  expectEnd(): void {
    if (this.at !== this.#bytes.length) {
      throw new GtidDecodeError(this.at, `${this.#bytes.length - this.at} bytes left over`);
    }
  }

  #expect(count: number, what: string): void {
    if (this.at + count > this.#bytes.length) throw new GtidDecodeError(this.at, `the bytes end in ${what}`);
  }
}
