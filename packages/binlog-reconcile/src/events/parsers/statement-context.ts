import type { ByteCursor } from '../byte-cursor.js';

/** INTVAR: LAST_INSERT_ID() or the next AUTO_INCREMENT value of the statement that follows. */
export interface IntVarEvent {
  readonly kind: 'intvar';
  readonly variable: 'last-insert-id' | 'insert-id';
  readonly value: bigint;
}

export function parseIntVar(cursor: ByteCursor): IntVarEvent {
  const type = cursor.u8();
  return { kind: 'intvar', variable: type === 1 ? 'last-insert-id' : 'insert-id', value: cursor.u64() };
}

/** RAND: seeds of RAND() in the statement that follows. */
export interface RandEvent {
  readonly kind: 'rand';
  readonly seed1: bigint;
  readonly seed2: bigint;
}

export function parseRand(cursor: ByteCursor): RandEvent {
  return { kind: 'rand', seed1: cursor.u64(), seed2: cursor.u64() };
}

/** USER_VAR: a user variable that the statement that follows reads. */
export interface UserVarEvent {
  readonly kind: 'user-var';
  readonly name: string;
  /** Item_result: 0 string, 1 real (8 bytes), 2 integer (8 bytes), 4 decimal (precision, scale, packed). */
  readonly resultType: number;
  readonly collationId: number;
  readonly unsigned: boolean;
  /** `null` = the variable is NULL. */
  readonly value: Buffer | null;
}

export function parseUserVar(cursor: ByteCursor): UserVarEvent {
  const name = cursor.utf8(cursor.u32());
  if (cursor.u8() !== 0) {
    return { kind: 'user-var', name, resultType: 0, collationId: 63, unsigned: false, value: null };
  }
  const resultType = cursor.u8();
  const collationId = cursor.u32();
  const value = cursor.bytes(cursor.u32());
  const flags = cursor.remaining > 0 ? cursor.u8() : 0;
  return { kind: 'user-var', name, resultType, collationId, unsigned: (flags & 1) !== 0, value };
}

/** ROWS_QUERY (MySQL) and ANNOTATE_ROWS (MariaDB): the statement that made the row events after it. */
export interface RowsQueryEvent {
  readonly kind: 'rows-query';
  readonly sqlBytes: Buffer;
}

export function parseRowsQuery(cursor: ByteCursor): RowsQueryEvent {
  cursor.skip(1); // a length that is cut to one byte: the text is all that is left
  return { kind: 'rows-query', sqlBytes: cursor.rest() };
}

export function parseAnnotateRows(cursor: ByteCursor): RowsQueryEvent {
  return { kind: 'rows-query', sqlBytes: cursor.rest() };
}
