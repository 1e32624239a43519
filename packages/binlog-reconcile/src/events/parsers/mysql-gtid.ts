import type { ByteCursor } from '../byte-cursor.js';
import { DecodeError } from '../decode-error.js';
import { SerializedFields } from '../serialized-fields.js';

/** GTID, ANONYMOUS_GTID and GTID_TAGGED of MySQL: begin of a transaction. */
export interface MysqlGtidEvent {
  readonly kind: 'mysql-gtid';
  /** `uuid:gno` or `uuid:tag:gno`; `undefined` when anonymous. */
  readonly gtid: string | undefined;
  /** The transaction may hold statement-format changes. */
  readonly mayHaveStatements: boolean;
  readonly lastCommitted: number | undefined;
  readonly sequenceNumber: number | undefined;
  /** Microseconds since 1970 when it was committed on the server whose binlog this is; 5.7 does not say. */
  readonly immediateCommitTimeUs: number | undefined;
  /** The same on the server where it began. */
  readonly originalCommitTimeUs: number | undefined;
  /** Bytes of the whole transaction in the file, this event included; 5.7 does not say. */
  readonly transactionLength: number | undefined;
  /** E.g. 90704. */
  readonly immediateServerVersion: number | undefined;
  readonly originalServerVersion: number | undefined;
}

/** Bit 55 of the immediate time, bit 31 of the immediate version: the original one follows because it differs. */
const HAS_ORIGINAL_TIME = 2 ** 55;
const HAS_ORIGINAL_VERSION = 2 ** 31;

/** Body of types 33 and 34 (`Gtid_event` in MySQL's `control_events.h`); every server version only appended to it. */
export function parseMysqlGtid(cursor: ByteCursor, anonymous: boolean): MysqlGtidEvent {
  const flags = cursor.u8();
  const uuid = formatUuid(cursor.bytes(16));
  const gno = cursor.i64Exact();
  let lastCommitted: number | undefined;
  let sequenceNumber: number | undefined;
  let immediateCommitTimeUs: number | undefined;
  let originalCommitTimeUs: number | undefined;
  let transactionLength: number | undefined;
  let immediateServerVersion: number | undefined;
  let originalServerVersion: number | undefined;
  if (cursor.remaining >= 17 && cursor.u8() === 2) {
    lastCommitted = cursor.i64Number();
    sequenceNumber = cursor.i64Number();
    if (cursor.remaining >= 7) {
      const immediate = cursor.u56();
      const differs = immediate >= HAS_ORIGINAL_TIME;
      immediateCommitTimeUs = differs ? immediate - HAS_ORIGINAL_TIME : immediate;
      originalCommitTimeUs = differs ? cursor.u56() : immediateCommitTimeUs;
      if (cursor.remaining > 0) transactionLength = cursor.lengthEncoded();
      if (cursor.remaining >= 4) {
        const version = cursor.u32();
        const versionDiffers = version >= HAS_ORIGINAL_VERSION;
        immediateServerVersion = versionDiffers ? version - HAS_ORIGINAL_VERSION : version;
        originalServerVersion = versionDiffers ? cursor.u32() : immediateServerVersion;
      }
    }
  }
  return {
    kind: 'mysql-gtid',
    gtid: anonymous ? undefined : `${uuid}:${gno}`,
    mayHaveStatements: (flags & 1) !== 0,
    lastCommitted,
    sequenceNumber,
    immediateCommitTimeUs,
    originalCommitTimeUs,
    transactionLength,
    immediateServerVersion,
    originalServerVersion,
  };
}

/**
 * Body of type 42: fields of MySQL's serialization library, numbered in the order of `Gtid_event::define_fields`:
 * 0 flags, 1 UUID, 2 number, 3 tag, 4 last committed, 5 sequence number, 6 immediate time, 7 original time, 8 length,
 * 9 immediate version, 10 original version, 11 commit group ticket.
 */
export function parseGtidTagged(cursor: ByteCursor): MysqlGtidEvent {
  const fields = new SerializedFields(cursor);
  let flags = 0;
  const uuid = Buffer.alloc(16);
  let gno: bigint | undefined;
  let tag = '';
  let lastCommitted: number | undefined;
  let sequenceNumber: number | undefined;
  let immediateTime: number | undefined;
  let originalTime: number | undefined;
  let transactionLength: number | undefined;
  let immediateVersion: number | undefined;
  let originalVersion: number | undefined;
  for (let id = fields.nextId(); id !== undefined; id = fields.nextId()) {
    switch (id) {
      case 0:
        flags = fields.unsignedNumber();
        break;
      case 1:
        for (let i = 0; i < 16; i++) uuid[i] = fields.unsignedNumber();
        break;
      case 2:
        gno = fields.signed();
        break;
      case 3:
        tag = fields.text();
        break;
      case 4:
        lastCommitted = Number(fields.signed());
        break;
      case 5:
        sequenceNumber = Number(fields.signed());
        break;
      case 6:
        immediateTime = fields.unsignedNumber();
        break;
      case 7:
        originalTime = fields.unsignedNumber();
        break;
      case 8:
        transactionLength = fields.unsignedNumber();
        break;
      case 9:
        immediateVersion = fields.unsignedNumber();
        break;
      case 10:
        originalVersion = fields.unsignedNumber();
        break;
      default:
        fields.skipUnknown();
    }
  }
  if (gno === undefined) throw new DecodeError('a tagged GTID event without a number');
  return {
    kind: 'mysql-gtid',
    gtid: tag === '' ? `${formatUuid(uuid)}:${gno}` : `${formatUuid(uuid)}:${tag}:${gno}`,
    mayHaveStatements: (flags & 1) !== 0,
    lastCommitted,
    sequenceNumber,
    immediateCommitTimeUs: immediateTime,
    originalCommitTimeUs: originalTime ?? immediateTime,
    transactionLength,
    immediateServerVersion: immediateVersion,
    originalServerVersion: originalVersion ?? immediateVersion,
  };
}

let lastUuid = { bytes: Buffer.alloc(16), text: '00000000-0000-0000-0000-000000000000' };

/** 16 bytes as a UUID's text. Most come again in the next transaction. */
export function formatUuid(bytes: Buffer): string {
  if (!lastUuid.bytes.equals(bytes)) lastUuid = { bytes: Buffer.from(bytes), text: uuidTextOf(bytes) };
  return lastUuid.text;
}

function uuidTextOf(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** PREVIOUS_GTIDS: the set of all GTIDs in earlier files, as the server encodes it. */
export interface PreviousGtidsEvent {
  readonly kind: 'previous-gtids';
  /** Decode it with the GTID sets of `./gtid`. */
  readonly encoded: Buffer;
}

export function parsePreviousGtids(cursor: ByteCursor): PreviousGtidsEvent {
  return { kind: 'previous-gtids', encoded: cursor.rest() };
}
