import { GtidExhaustedError } from './errors.js';
import {
  checkGno,
  gtidSource,
  parseGtid,
  splitGtidSource,
  type Gtid,
  type GtidRange,
  type GtidSource,
} from './gtid.js';
import { decodeGtidSet, encodeGtidSet, type GtidSetFormat } from './gtid-set-binary.js';
import { parseGtidSetText } from './gtid-set-text.js';
import {
  combineIntervals,
  countIntervals,
  FIRST_GNO,
  intervalsContain,
  intervalsHave,
  LAST_GNO,
  normalizeIntervals,
  sameIntervals,
  type Intervals,
} from './intervals.js';

const NONE: Intervals = [];

/**
 * A set of MySQL transaction identifiers: an immutable value.
 *
 * ```ts
 * const executed = GtidSet.parse('3e11fa47-71ca-11e1-9e33-c80aa9429562:1-100:backup:1-3');
 * const errant = executed.subtract(primary);
 * if (!errant.isEmpty) console.log(`${errant.count} transactions only here: ${errant.toString()}`);
 * ```
 *
 * Intervals are kept sorted and merged, so that equal sets print and encode equally. Every operation takes time in
 * proportion to the number of intervals. To gather many single GTIDs use {@link GtidSetBuilder}.
 */
export class GtidSet {
  // `this`: TypeScript 6 emits the name of the class as a variable that is not yet set here.
  static readonly empty: GtidSet = new this(new Map());

  /** By source, in the server's order; no entry is empty. */
  readonly #sources: ReadonlyMap<GtidSource, Intervals>;

  private constructor(sources: ReadonlyMap<GtidSource, Intervals>) {
    this.#sources = sources;
  }

  static #of(entries: Iterable<readonly [GtidSource, Intervals]>): GtidSet {
    const kept = [...entries].filter(([, intervals]) => intervals.length > 0);
    return new GtidSet(new Map(kept.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))));
  }

  /** Reads the text form, tolerant as the server is; see {@link parseGtidSetText}. Throws {@link GtidParseError}. */
  static parse(text: string): GtidSet {
    return GtidSet.#of(parseGtidSetText(text));
  }

  /**
   * Reads either binary form (PREVIOUS_GTIDS body, COM_BINLOG_DUMP_GTID data; without event header and checksum).
   * Throws {@link GtidDecodeError}.
   */
  static decode(bytes: Uint8Array): GtidSet {
    return GtidSet.#of(decodeGtidSet(bytes));
  }

  /** The set of runs of numbers, in any order, overlapping or not. Throws {@link GtidParseError}, RangeError. */
  static fromRanges(ranges: Iterable<GtidRange>): GtidSet {
    const pairs = new Map<GtidSource, [bigint, bigint][]>();
    for (const { uuid, tag, first, last } of ranges) {
      const source = gtidSource(uuid, tag);
      const list = pairs.get(source) ?? [];
      list.push([checkGno(first), checkGno(last) + 1n]);
      pairs.set(source, list);
    }
    return GtidSet.#of([...pairs].map(([source, list]) => [source, normalizeIntervals(list)] as const));
  }

  /** The set of single GTIDs. Throws {@link GtidParseError}, RangeError. */
  static fromGtids(gtids: Iterable<Gtid>): GtidSet {
    const ranges: GtidRange[] = [];
    for (const { uuid, tag, gno } of gtids) ranges.push({ uuid, tag, first: gno, last: gno });
    return GtidSet.fromRanges(ranges);
  }

  /**
   * For {@link GtidSetBuilder}: sources must be normalized and intervals canonical; nothing is checked or copied.
   * @internal
   */
  static fromCanonical(entries: Iterable<readonly [GtidSource, Intervals]>): GtidSet {
    return GtidSet.#of(entries);
  }

  get isEmpty(): boolean {
    return this.#sources.size === 0;
  }

  /** How many transactions the set names. */
  get count(): bigint {
    let count = 0n;
    for (const intervals of this.#sources.values()) count += countIntervals(intervals);
    return count;
  }

  /** How many intervals the set has; what its operations cost. */
  get intervalCount(): number {
    let count = 0;
    for (const intervals of this.#sources.values()) count += intervals.length / 2;
    return count;
  }

  /** Whether any identifier has a tag; such a set cannot be encoded in the untagged form. */
  get hasTags(): boolean {
    for (const source of this.#sources.keys()) if (splitGtidSource(source).tag !== '') return true;
    return false;
  }

  /** The server UUIDs that occur, in order. */
  get uuids(): readonly string[] {
    return [...new Set([...this.#sources.keys()].map((source) => splitGtidSource(source).uuid))];
  }

  /** Whether this one transaction is in the set. Text is read as {@link parseGtid} does. Throws {@link GtidParseError}. */
  has(gtid: Gtid | string): boolean {
    const { uuid, tag, gno } = typeof gtid === 'string' ? parseGtid(gtid) : gtid;
    // Identifiers that come from a log are normalized already: most look-ups need no check of the text.
    const intervals =
      this.#sources.get(tag === '' ? uuid : `${uuid}:${tag}`) ?? this.#sources.get(gtidSource(uuid, tag));
    return intervals !== undefined && intervalsHave(intervals, gno);
  }

  /** Whether every transaction of `other` is in this set (the server's `GTID_SUBSET(other, this)`). */
  contains(other: GtidSet): boolean {
    for (const [source, inner] of other.#sources) {
      if (!intervalsContain(this.#sources.get(source) ?? NONE, inner)) return false;
    }
    return true;
  }

  /** Whether at least one transaction is in both sets. */
  intersects(other: GtidSet): boolean {
    return !this.intersect(other).isEmpty;
  }

  /** What is in either set. */
  union(other: GtidSet): GtidSet {
    return this.#combine(other, (inThis, inOther) => inThis || inOther);
  }

  /** What is in this set and not in `other` (the server's `GTID_SUBTRACT(this, other)`). */
  subtract(other: GtidSet): GtidSet {
    return this.#combine(other, (inThis, inOther) => inThis && !inOther);
  }

  /** What is in both sets. */
  intersect(other: GtidSet): GtidSet {
    return this.#combine(other, (inThis, inOther) => inThis && inOther);
  }

  equals(other: GtidSet): boolean {
    if (this.#sources.size !== other.#sources.size) return false;
    for (const [source, intervals] of this.#sources) {
      if (!sameIntervals(intervals, other.#sources.get(source) ?? NONE)) return false;
    }
    return true;
  }

  /** Only the identifiers of one server, with their tags. */
  ofUuid(uuid: string): GtidSet {
    const wanted = gtidSource(uuid);
    return GtidSet.#of([...this.#sources].filter(([source]) => splitGtidSource(source).uuid === wanted));
  }

  /** Only the identifiers without a tag: what a source or replica older than MySQL 8.3 can understand. */
  withoutTags(): GtidSet {
    return GtidSet.#of([...this.#sources].filter(([source]) => splitGtidSource(source).tag === ''));
  }

  /**
   * The number that a server with this `gtid_executed` gives to its next transaction: the smallest one unused. Throws
   * {@link GtidExhaustedError} when all are used.
   */
  next(uuid: string, tag = ''): Gtid {
    const source = gtidSource(uuid, tag);
    const intervals = this.#sources.get(source) ?? NONE;
    const gno = intervals[0] === FIRST_GNO ? (intervals[1] as bigint) : FIRST_GNO;
    if (gno > LAST_GNO) throw new GtidExhaustedError(source);
    return { ...splitGtidSource(source), gno };
  }

  /** The runs of numbers, in order. */
  *ranges(): IterableIterator<GtidRange> {
    for (const [source, intervals] of this.#sources) {
      const { uuid, tag } = splitGtidSource(source);
      for (let i = 0; i < intervals.length; i += 2) {
        yield { uuid, tag, first: intervals[i] as bigint, last: (intervals[i + 1] as bigint) - 1n };
      }
    }
  }

  /** Every single identifier, in order. A set may name 2^63 of them: look at {@link count} first. */
  *[Symbol.iterator](): IterableIterator<Gtid> {
    for (const { uuid, tag, first, last } of this.ranges()) {
      for (let gno = first; gno <= last; gno++) yield { uuid, tag, gno };
    }
  }

  /** The canonical text, on one line: `uuid:1-5:7:tag:1-3,uuid:...`. */
  toString(): string {
    const parts: string[] = [];
    let previousUuid = '';
    for (const [source, intervals] of this.#sources) {
      const { uuid, tag } = splitGtidSource(source);
      if (uuid !== previousUuid) parts.push(previousUuid === '' ? uuid : `,${uuid}`);
      previousUuid = uuid;
      if (tag !== '') parts.push(`:${tag}`);
      for (let i = 0; i < intervals.length; i += 2) {
        const first = intervals[i] as bigint;
        const last = (intervals[i + 1] as bigint) - 1n;
        parts.push(first === last ? `:${first}` : `:${first}-${last}`);
      }
    }
    return parts.join('');
  }

  toJSON(): string {
    return this.toString();
  }

  /**
   * The binary form of PREVIOUS_GTIDS and COM_BINLOG_DUMP_GTID; without `format` the one that a server would write:
   * tagged if there is a tag. Throws {@link GtidEncodeError} when asked to write a tag in the untagged form.
   */
  encode(format: GtidSetFormat = this.hasTags ? 'tagged' : 'untagged'): Buffer {
    return encodeGtidSet(this.#sources, format);
  }

  #combine(other: GtidSet, keep: (inThis: boolean, inOther: boolean) => boolean): GtidSet {
    const sources = new Set([...this.#sources.keys(), ...other.#sources.keys()]);
    return GtidSet.#of(
      [...sources].map((source) => {
        const mine = this.#sources.get(source) ?? NONE;
        const theirs = other.#sources.get(source) ?? NONE;
        return [source, combineIntervals(mine, theirs, keep)] as const;
      }),
    );
  }
}
