/** Why a row cannot be written as an SQL statement that gives exactly its values back. */
export type UnwritableReason =
  /** Column names are not known. */
  | 'names'
  /** What a column is (signedness, character set) is not known. */
  | 'metadata'
  /** The image does not hold all columns, but the statement needs them. */
  | 'partial-image'
  /** The bytes are not valid text of the column's character set. */
  | 'invalid-text'
  /** An ENUM holds the empty "invalid" value, which a strict session refuses. */
  | 'invalid-enum'
  /** A JSON document holds a value that SQL text has no expression for. */
  | 'json';

const REMEDIES: Readonly<Record<UnwritableReason, string>> = {
  names:
    'set binlog_row_metadata=FULL on the server, or give a schema (a server to ask), or use the BINLOG form',
  metadata:
    'set binlog_row_metadata on the server, or give a schema (a server to ask), or use the BINLOG form',
  'partial-image': 'only binlog_row_image=FULL can be undone',
  'invalid-text': 'use the BINLOG form',
  'invalid-enum': 'use the BINLOG form',
  json: 'use the BINLOG form',
};

/** A row cannot be written as SQL without guessing. */
export class UnwritableRowError extends Error {
  override readonly name = 'UnwritableRowError';

  constructor(
    readonly schema: string,
    readonly table: string,
    /** Name or `@n` of the column; undefined when the whole row is meant. */
    readonly column: string | undefined,
    readonly reason: UnwritableReason,
    detail: string,
    options?: ErrorOptions,
  ) {
    const place = column === undefined ? `${schema}.${table}` : `${schema}.${table}, column ${column}`;
    super(`${place}: ${detail}; ${REMEDIES[reason]}`, options);
  }
}
