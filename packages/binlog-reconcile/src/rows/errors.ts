import { BinlogError, type EventPlace } from '../events/errors.js';

/** A value cannot be told from the file alone, because the server logged too little metadata. */
export class UnknownColumnMetadataError extends BinlogError {
  constructor(
    readonly table: string,
    readonly column: string,
    readonly missing: 'signedness',
    place: EventPlace,
  ) {
    super(
      `the value of column ${column} of ${table} depends on whether it is UNSIGNED, and the binlog does not say: ` +
        'give the table definition (option `schema`), or let the server log it (binlog_row_metadata)',
      place,
    );
  }
}

/** A JSON column was logged as a difference to a value that the binlog does not hold. */
export class PartialJsonError extends BinlogError {
  constructor(
    readonly table: string,
    readonly column: string,
    place: EventPlace,
  ) {
    super(
      `the new value of JSON column ${column} of ${table} is logged as a difference to the old one, which this file ` +
        'does not hold (binlog_row_image is not FULL): use jsonDiffs() instead',
      place,
    );
  }
}

/** The schema that the caller gave does not fit the table in the binlog. */
export class SchemaMismatchError extends BinlogError {
  constructor(
    readonly table: string,
    reason: string,
    place: EventPlace,
  ) {
    super(`the given definition of ${table} does not fit the binlog's: ${reason}`, place);
  }
}

/** A row event names a table that no TABLE_MAP event before it in the transaction describes. */
export class UnknownTableError extends BinlogError {
  constructor(
    readonly tableId: number,
    place: EventPlace,
  ) {
    super(
      `rows of table id ${tableId}, which no TABLE_MAP event before them describes: start reading earlier`,
      place,
    );
  }
}

/** What column decoders throw; who knows the event makes an {@link UnknownColumnMetadataError} of it. */
export class SignednessUnknown extends Error {
  override name = 'SignednessUnknown';
}
