import { UnknownColumnMetadataError } from '../../rows/errors.js';
import type { Column, ColumnValue, RowChange, RowImage, TableMap, Transaction } from '../../rows/model.js';
import { valueText } from '../../rows/value-text.js';

const CHUNK_LENGTH = 64 * 1024;

/**
 * One JSON object a line for every changed row (`kind`: `insert`, `update`, `delete`; `before` and `after` by column
 * name, `@1`, `@2`, ... where names are not known) and every statement (`kind`: `ddl` or `statement`, `sql`), in the
 * order of the binlog, as a stream of chunks.
 *
 * Numbers are JSON numbers up to 2^53 - 1, larger ones and decimals are strings, so are dates (UTC) and JSON documents;
 * bytes that are no text are `{"hex":"..."}`, and what nobody told how to read (an integer that may be unsigned) is
 * `{"packed":"..."}`, the bytes in the binlog. A column that the image does not hold is left out.
 */
export async function* rowsJsonLines(
  transactions: AsyncIterable<Transaction> | Iterable<Transaction>,
): AsyncIterableIterator<string> {
  let chunk = '';
  for await (const transaction of transactions) {
    for (const line of transactionJsonLines(transaction)) {
      chunk += line;
      if (chunk.length < CHUNK_LENGTH) continue;
      yield chunk;
      chunk = '';
    }
  }
  if (chunk !== '') yield chunk;
}

/** {@link rowsJsonLines} of one transaction, line by line, each with its line end. */
export function* transactionJsonLines(transaction: Transaction): Generator<string> {
  const { gtid, commitTime, start } = transaction;
  const head = `{"gtid":${JSON.stringify(gtid ?? null)},"time":"${commitTime.toISOString()}","file":${JSON.stringify(start.file)},"position":${start.position}`;
  for (const { kind, schema, sql } of transaction.statements) {
    if (kind === 'control') continue;
    yield `${head},"kind":"${kind === 'ddl' ? 'ddl' : 'statement'}","schema":${JSON.stringify(schema)},"sql":${JSON.stringify(sql)}}\n`;
  }
  for (const change of transaction.rows()) yield `${head}${rowJson(change)}}\n`;
}

function rowJson({ kind, table, before, after }: RowChange): string {
  const writers = writersOf(table);
  let text = `,"kind":"${kind}"${writers.head}`;
  if (before !== undefined) text += `,"before":${imageJson(before, writers)}`;
  if (after !== undefined) text += `,"after":${imageJson(after, writers)}`;
  return text;
}

interface TableWriters {
  /** `,"schema":...,"table":...` */
  readonly head: string;
  readonly columns: readonly {
    readonly key: string;
    readonly write: (value: NonNullable<ColumnValue>) => string;
  }[];
}

const made = new WeakMap<TableMap, TableWriters>();

function writersOf(table: TableMap): TableWriters {
  let writers = made.get(table);
  if (writers === undefined) {
    writers = {
      head: `,"schema":${JSON.stringify(table.schema)},"table":${JSON.stringify(table.table)}`,
      columns: table.columns.map((column) => ({
        key: `${JSON.stringify(column.name ?? `@${column.index + 1}`)}:`,
        write: valueWriter(column),
      })),
    };
    made.set(table, writers);
  }
  return writers;
}

function imageJson(image: RowImage, { columns }: TableWriters): string {
  let values: (ColumnValue | undefined)[];
  try {
    values = image.values();
  } catch (error) {
    if (!(error instanceof UnknownColumnMetadataError)) throw error;
    return packedJson(image, columns);
  }
  let text = '';
  for (let i = 0; i < columns.length; i++) {
    const value = values[i];
    if (value === undefined) continue;
    const { key, write } = columns[i] as (typeof columns)[number];
    text += `${text === '' ? '{' : ','}${key}${value === null ? 'null' : write(value)}`;
  }
  return text === '' ? '{}' : `${text}}`;
}

/** A row with a value that the binlog does not say how to read: its packed bytes are shown instead. */
function packedJson(image: RowImage, columns: TableWriters['columns']): string {
  const cells = columns.flatMap(({ key, write }, index) => {
    try {
      const value = image.get(index);
      return value === undefined ? [] : [`${key}${value === null ? 'null' : write(value)}`];
    } catch (error) {
      if (!(error instanceof UnknownColumnMetadataError)) throw error;
      return [`${key}{"packed":"${image.bytes(index)?.toString('hex') ?? ''}"}`];
    }
  });
  return `{${cells.join(',')}}`;
}

function valueWriter(column: Column): (value: NonNullable<ColumnValue>) => string {
  switch (column.kind) {
    case 'integer':
    case 'year':
      return (value) => (typeof value === 'bigint' ? `"${value}"` : value.toString());
    case 'float':
    case 'double':
      return (value) => (Object.is(value, -0) ? '-0.0' : value.toString());
    default:
      return (value) => {
        const shown = valueText(column, value);
        return typeof shown === 'string' ? JSON.stringify(shown) : `{"hex":"${shown.toString('hex')}"}`;
      };
  }
}
