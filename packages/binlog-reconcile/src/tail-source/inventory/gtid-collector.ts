import { ByteCursor } from '../../events/byte-cursor.js';
import { EVENT_HEADER_LENGTH } from '../../events/event-header.js';
import { EventType } from '../../events/event-type.js';
import { parseMariadbGtidEvent } from '../../events/parsers/mariadb.js';
import { formatUuid, parseGtidTagged, parseMysqlGtid } from '../../events/parsers/mysql-gtid.js';
import { parseGtid, type GtidRange } from '../../gtid/gtid.js';
import { GtidSet } from '../../gtid/gtid-set.js';
import { parseMariadbGtid, type MariadbGtid } from '../../gtid/mariadb-gtid.js';

/** What a GTID event says of the transaction that it begins. */
export interface TransactionHead {
  /** `undefined`: anonymous. */
  readonly gtid: string | undefined;
  /** Bytes of the transaction, the GTID event included; `undefined` where the server does not say (5.7, MariaDB). */
  readonly length: number | undefined;
  /** Behind the GTID event of MariaDB no BEGIN follows: it is one itself, unless it stands for a single statement. */
  readonly begun: boolean;
}

/** Reads the GTID event at `at`, all of which must be in `buffer`. Throws DecodeError. */
export function readTransactionHead(buffer: Buffer, at: number, bodyEnd: number): TransactionHead {
  const type = buffer[at + 4];
  const cursor = new ByteCursor(buffer, at + EVENT_HEADER_LENGTH, bodyEnd);
  if (type === EventType.MariaGtid) {
    const { gtid, standalone } = parseMariadbGtidEvent(cursor, buffer.readUInt32LE(at + 5));
    return { gtid, length: undefined, begun: !standalone };
  }
  const parsed =
    type === EventType.GtidTagged
      ? parseGtidTagged(cursor)
      : parseMysqlGtid(cursor, type === EventType.AnonymousGtid);
  return { gtid: parsed.gtid, length: parsed.transactionLength || undefined, begun: false };
}

/** `readUInt32LE` without its checks, of which there would be ten for each transaction. The bytes must be there. */
export function u32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  );
}

interface Run {
  readonly uuid: string;
  first: number;
  next: number;
}

/** Where the fields are in a GTID event (type 33), from its first byte. */
const UUID_AT = EVENT_HEADER_LENGTH + 1;
const GNO_AT = UUID_AT + 16;
/** Flags, UUID, number, 2, two logical times, one commit time: everything up to the length of the transaction. */
const LENGTH_AT = GNO_AT + 8 + 1 + 16 + 7;
const ORIGINAL_TIME_FLAG = 0x80;
const ORIGINAL_TIME_BYTES = 7;
/** Bytes of such an event, up to the end of the transaction's length. */
export const PLAIN_GTID_BYTES_MAX = LENGTH_AT + ORIGINAL_TIME_BYTES + 9;

/**
 * Gathers the GTIDs of a file. Nearly every event continues the run of the one before it: then a few numbers are
 * compared and nothing is made.
 */
export class GtidCollector {
  readonly #ranges: GtidRange[] = [];
  readonly #runs = new Map<string, Run>();
  readonly #mariadbLast = new Map<string, MariadbGtid>();
  readonly #words = new Uint32Array(4);
  #run: Run | undefined;

  /** Adds the GTID of the event at `at` (type 33). */
  addPlain(buffer: Buffer, at: number): void {
    const gno = u32(buffer, at + GNO_AT) + u32(buffer, at + GNO_AT + 4) * 2 ** 32;
    const first = u32(buffer, at + UUID_AT);
    const second = u32(buffer, at + UUID_AT + 4);
    const third = u32(buffer, at + UUID_AT + 8);
    const fourth = u32(buffer, at + UUID_AT + 12);
    const words = this.#words;
    const same =
      this.#run !== undefined &&
      words[0] === first &&
      words[1] === second &&
      words[2] === third &&
      words[3] === fourth;
    if (!same) {
      words.set([first, second, third, fourth]);
      const uuid = formatUuid(buffer.subarray(at + UUID_AT, at + GNO_AT));
      this.#run = this.#runs.get(uuid);
      if (this.#run === undefined) {
        this.#run = { uuid, first: gno, next: gno };
        this.#runs.set(uuid, this.#run);
      }
    }
    const run = this.#run as Run;
    if (run.next !== gno) {
      this.#close(run);
      run.first = gno;
    }
    run.next = gno + 1;
  }

  add(gtid: string): void {
    if (gtid.includes(':')) {
      const { uuid, tag, gno } = parseGtid(gtid);
      if (gno > Number.MAX_SAFE_INTEGER) {
        this.#ranges.push({ uuid, tag, first: gno, last: gno });
        return;
      }
      const known = this.#runs.get(`${uuid}:${tag}`);
      const number = Number(gno);
      if (known?.next === number) known.next++;
      else {
        if (known !== undefined) this.#close(known, tag);
        this.#runs.set(`${uuid}:${tag}`, { uuid, first: number, next: number + 1 });
      }
    } else {
      const parsed = parseMariadbGtid(gtid);
      this.#mariadbLast.set(`${parsed.domainId}-${parsed.serverId}`, parsed);
    }
  }

  mysql(): GtidSet {
    for (const [source, run] of this.#runs) this.#close(run, source.split(':')[1] ?? '');
    this.#runs.clear();
    this.#run = undefined;
    return GtidSet.fromRanges(this.#ranges);
  }

  mariadb(): readonly MariadbGtid[] {
    return [...this.#mariadbLast.values()];
  }

  #close({ uuid, first, next }: Run, tag = ''): void {
    if (next > first) this.#ranges.push({ uuid, tag, first: BigInt(first), last: BigInt(next - 1) });
  }
}

/**
 * The stated length of the transaction that a GTID event (type 33) of `length` bytes begins; `undefined` when it does not
 * say, or says it in a form that is not the usual one.
 */
export function plainTransactionLength(buffer: Buffer, at: number, length: number): number | undefined {
  if (length < LENGTH_AT + 3 || buffer[at + GNO_AT + 8] !== 2) return undefined;
  // Numbers beyond 2^53 are read another way.
  if (u32(buffer, at + GNO_AT + 4) >= 2 ** 20) return undefined;
  let lengthAt = at + LENGTH_AT;
  if (((buffer[lengthAt - 1] as number) & ORIGINAL_TIME_FLAG) !== 0) lengthAt += ORIGINAL_TIME_BYTES;
  const first = buffer[lengthAt] as number;
  if (first < 0xfb) return first;
  if (first === 0xfc) return u32(buffer, lengthAt + 1) & 0xffff;
  if (first === 0xfd) return u32(buffer, lengthAt + 1) & 0xff_ffff;
  return undefined;
}
