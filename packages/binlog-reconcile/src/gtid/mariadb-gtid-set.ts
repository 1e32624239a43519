import { GtidDecodeError, GtidExhaustedError } from './errors.js';
import {
  formatMariadbGtid,
  isMariadbGtid,
  LAST_SEQUENCE,
  parseMariadbGtid,
  readMariadbGtid,
  type MariadbGtid,
} from './mariadb-gtid.js';

/** What one side has of a stream and the other lacks: the numbers after `after`, up to and with `upTo`. */
export interface MariadbGtidRange {
  readonly domainId: number;
  readonly serverId: number;
  readonly after: bigint;
  readonly upTo: bigint;
}

/**
 * A MariaDB replication state: an immutable value that holds, for each domain, the last sequence number of one server
 * (`gtid_slave_pos`, `gtid_current_pos`) or of every server that wrote in the domain (`gtid_binlog_state`, the
 * GTID_LIST event).
 *
 * What it means to *have* a transaction `d-s-n`: where the last number of server `s` in domain `d` is known, `n` must
 * not be greater. Where it is not (a bare position says nothing about other servers), `n` must be below the highest
 * number of the domain, because a domain is one sequence. So two servers that wrote the same number apart from each
 * other never count as equal. To find what only an old primary has, ask the **state** of the new one, not its
 * position:
 *
 * ```ts
 * const primary = MariadbGtidSet.parse('0-1-100,0-2-105'); // @@gtid_binlog_state
 * primary.contains(MariadbGtidSet.parse('0-1-100')); // true: can follow
 * primary.contains(MariadbGtidSet.parse('0-1-103')); // false: 0-1-101 and later exist on the old primary only
 * ```
 */
export class MariadbGtidSet {
  static readonly empty: MariadbGtidSet = new MariadbGtidSet([]);

  /** By domain, then sequence, then server: the last one of a domain is its position. One for each stream. */
  readonly #gtids: readonly MariadbGtid[];
  readonly #domains: ReadonlyMap<number, Domain>;

  private constructor(gtids: readonly MariadbGtid[]) {
    this.#gtids = gtids;
    this.#domains = domainsOf(gtids);
  }

  /** The state that these GTIDs lead to; of each stream the highest counts. Throws RangeError. */
  static fromGtids(gtids: Iterable<MariadbGtid>): MariadbGtidSet {
    const highest = new Map<string, MariadbGtid>();
    for (const gtid of gtids) {
      if (!isMariadbGtid(gtid))
        throw new RangeError(`${formatMariadbGtid(gtid)} is out of range for a MariaDB GTID`);
      const key = `${gtid.domainId}-${gtid.serverId}`;
      const known = highest.get(key);
      if (known === undefined || known.sequence < gtid.sequence) highest.set(key, gtid);
    }
    return new MariadbGtidSet([...highest.values()].sort(compareGtids));
  }

  /**
   * Reads `0-1-100,0-2-105,1-1-7`: any order, blanks and line ends between the parts. Throws {@link GtidParseError}.
   */
  static parse(text: string): MariadbGtidSet {
    const gtids: MariadbGtid[] = [];
    let from = 0;
    while (from <= text.length) {
      const comma = text.indexOf(',', from);
      const to = comma === -1 ? text.length : comma;
      if (text.slice(from, to).trim() !== '') gtids.push(readMariadbGtid(text, from, to));
      from = to + 1;
    }
    return MariadbGtidSet.fromGtids(gtids);
  }

  /**
   * Reads the body of a GTID_LIST event (without header and checksum): count u32 (its upper four bits are flags), then
   * domain u32, server u32, sequence u64 of each. Throws {@link GtidDecodeError}.
   */
  static decode(bytes: Uint8Array): MariadbGtidSet {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (buffer.length < 4) throw new GtidDecodeError(0, 'the bytes end in the count of GTIDs');
    const count = buffer.readUInt32LE(0) & 0x0fffffff;
    // An empty list is padded with zeros so that no reader sees an event shorter than two bytes.
    const padded = count === 0 && buffer.every((byte, i) => i < 4 || byte === 0);
    if (buffer.length !== 4 + count * 16 && !padded) {
      throw new GtidDecodeError(4, `${count} GTIDs announced, ${buffer.length - 4} bytes follow`);
    }
    const gtids: MariadbGtid[] = [];
    for (let at = 4; at < 4 + count * 16; at += 16) {
      gtids.push({
        domainId: buffer.readUInt32LE(at),
        serverId: buffer.readUInt32LE(at + 4),
        sequence: buffer.readBigUInt64LE(at + 8),
      });
    }
    return MariadbGtidSet.fromGtids(gtids);
  }

  get isEmpty(): boolean {
    return this.#gtids.length === 0;
  }

  /**
   * The sum of the highest sequence numbers of the domains: how many transactions led to this state, if no domain
   * skipped a number.
   */
  get count(): bigint {
    let count = 0n;
    for (const { head } of this.#domains.values()) count += head.sequence;
    return count;
  }

  /** The domains that occur, ascending. */
  get domainIds(): readonly number[] {
    return [...this.#domains.keys()];
  }

  /** Whether this state has the transaction; the rule is in the description of the class. Throws {@link GtidParseError}. */
  has(gtid: MariadbGtid | string): boolean {
    const { domainId, serverId, sequence } = typeof gtid === 'string' ? parseMariadbGtid(gtid) : gtid;
    return sequence <= this.#upTo(domainId, serverId);
  }

  /** Whether this state has every GTID that `other` names. */
  contains(other: MariadbGtidSet): boolean {
    return other.#gtids.every((gtid) => this.has(gtid));
  }

  /** The least state that has what either has: of each stream the higher number. */
  union(other: MariadbGtidSet): MariadbGtidSet {
    return MariadbGtidSet.fromGtids([...this.#gtids, ...other.#gtids]);
  }

  /** The GTIDs of either state that both have: how far they went together. */
  intersect(other: MariadbGtidSet): MariadbGtidSet {
    return MariadbGtidSet.fromGtids([
      ...this.#gtids.filter((gtid) => other.has(gtid)),
      ...other.#gtids.filter((gtid) => this.has(gtid)),
    ]);
  }

  /**
   * The GTIDs of this state that `other` does not have: the ends of the streams in which this state is ahead. Where
   * they begin is told by {@link rangesBeyond}.
   */
  subtract(other: MariadbGtidSet): MariadbGtidSet {
    return MariadbGtidSet.fromGtids(this.#gtids.filter((gtid) => !other.has(gtid)));
  }

  /** Of each stream in which this state is ahead of `other`, the numbers that `other` lacks. */
  rangesBeyond(other: MariadbGtidSet): MariadbGtidRange[] {
    return this.#gtids
      .filter((gtid) => !other.has(gtid))
      .map(({ domainId, serverId, sequence }) => {
        const known = other.#upTo(domainId, serverId);
        return { domainId, serverId, after: known < 0n ? 0n : known, upTo: sequence };
      });
  }

  equals(other: MariadbGtidSet): boolean {
    return this.toString() === other.toString();
  }

  /** Only the highest GTID of each domain: a value for `gtid_slave_pos`. */
  position(): MariadbGtidSet {
    return MariadbGtidSet.fromGtids([...this.#domains.values()].map(({ head }) => head));
  }

  /** The GTID of the next transaction of a server in a domain. Throws {@link GtidExhaustedError}. */
  next(domainId: number, serverId: number): MariadbGtid {
    const sequence = this.#domains.get(domainId)?.head.sequence ?? 0n;
    if (sequence === LAST_SEQUENCE) throw new GtidExhaustedError(`domain ${domainId}`);
    return { domainId, serverId, sequence: sequence + 1n };
  }

  /** The GTIDs named, by domain, then ascending. */
  [Symbol.iterator](): IterableIterator<MariadbGtid> {
    return this.#gtids[Symbol.iterator]();
  }

  /** The canonical text: `0-1-100,0-2-105,1-1-7`; the last one of a domain is its position. */
  toString(): string {
    return this.#gtids.map(formatMariadbGtid).join(',');
  }

  toJSON(): string {
    return this.toString();
  }

  /** The body of a GTID_LIST event, flags zero; see {@link decode}. */
  encode(): Buffer {
    const bytes = Buffer.alloc(4 + this.#gtids.length * 16);
    bytes.writeUInt32LE(this.#gtids.length, 0);
    let at = 4;
    for (const { domainId, serverId, sequence } of this.#gtids) {
      at = bytes.writeUInt32LE(domainId, at);
      at = bytes.writeUInt32LE(serverId, at);
      at = bytes.writeBigUInt64LE(sequence, at);
    }
    return bytes;
  }

  /** The highest number of the stream that this state has; -1 when none. */
  #upTo(domainId: number, serverId: number): bigint {
    const domain = this.#domains.get(domainId);
    if (domain === undefined) return -1n;
    return domain.byServer.get(serverId) ?? domain.head.sequence - 1n;
  }
}

interface Domain {
  readonly head: MariadbGtid;
  readonly byServer: ReadonlyMap<number, bigint>;
}

function domainsOf(gtids: readonly MariadbGtid[]): Map<number, Domain> {
  const domains = new Map<number, { head: MariadbGtid; byServer: Map<number, bigint> }>();
  for (const gtid of gtids) {
    const domain = domains.get(gtid.domainId) ?? { head: gtid, byServer: new Map<number, bigint>() };
    domain.head = gtid;
    domain.byServer.set(gtid.serverId, gtid.sequence);
    domains.set(gtid.domainId, domain);
  }
  return domains;
}

function compareGtids(a: MariadbGtid, b: MariadbGtid): number {
  if (a.domainId !== b.domainId) return a.domainId - b.domainId;
  if (a.sequence !== b.sequence) return a.sequence < b.sequence ? -1 : 1;
  return a.serverId - b.serverId;
}
