import type { SqlBuffer } from '../literals/sql-buffer.js';

/** Writes the value that is packed in `b` from `start` to `end` (not NULL) as an SQL expression. */
export type PackedWriter = (out: SqlBuffer, b: Buffer, start: number, end: number) => void;
