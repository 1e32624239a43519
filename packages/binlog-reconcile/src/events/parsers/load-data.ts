import type { ByteCursor } from '../byte-cursor.js';
import { readQueryHeader, readQueryTail, type QueryEvent } from './query.js';

/** BEGIN_LOAD_QUERY and APPEND_BLOCK: a piece of the file of a statement-format LOAD DATA. */
export interface LoadBlockEvent {
  readonly kind: 'load-block';
  readonly first: boolean;
  readonly fileId: number;
  readonly data: Buffer;
}

export function parseLoadBlock(cursor: ByteCursor, first: boolean): LoadBlockEvent {
  return { kind: 'load-block', first, fileId: cursor.u32(), data: cursor.rest() };
}

/** DELETE_FILE: LOAD DATA failed, its blocks are to be thrown away. */
export interface DeleteFileEvent {
  readonly kind: 'delete-file';
  readonly fileId: number;
}

export function parseDeleteFile(cursor: ByteCursor): DeleteFileEvent {
  return { kind: 'delete-file', fileId: cursor.u32() };
}

/** EXECUTE_LOAD_QUERY: the LOAD DATA statement itself; the file name in it stands at `nameStart` to `nameEnd`. */
export interface ExecuteLoadQueryEvent extends Omit<QueryEvent, 'kind'> {
  readonly kind: 'execute-load-query';
  readonly fileId: number;
  readonly nameStart: number;
  readonly nameEnd: number;
  /** 0 error, 1 ignore, 2 replace. */
  readonly duplicates: number;
}

export function parseExecuteLoadQuery(cursor: ByteCursor): ExecuteLoadQueryEvent {
  const header = readQueryHeader(cursor);
  const fileId = cursor.u32();
  const nameStart = cursor.u32();
  const nameEnd = cursor.u32();
  const duplicates = cursor.u8();
  const tail = readQueryTail(cursor, header);
  return {
    kind: 'execute-load-query',
    fileId,
    nameStart,
    nameEnd,
    duplicates,
    ...tail,
    sqlBytes: cursor.rest(),
  };
}
