import type { Connection } from 'mysql2/promise';
import type { Column, RowImage, Transaction } from '../../../src/index.js';
import type { TestColumn } from './every-type.js';

/** What one column of a row holds, in a form in which decoded and stored values can be compared. */
export type Comparable = string | null;

/** Rows by key, each the comparables of its columns. */
export type ComparableRows = Map<string, Comparable[]>;

const asText = (value: string | Buffer | null | undefined): Comparable =>
  value === null || value === undefined ? null : value.toString('utf8');

/** The rows that the server has: asked for in hex, or in its own text, by how each column is compared. */
export async function storedRows(
  connection: Connection,
  table: string,
  columns: readonly TestColumn[],
): Promise<ComparableRows> {
  const expressions = columns.flatMap(({ name, compare, definition }) => {
    switch (compare) {
      case 'text':
        return [`CAST(${name} AS CHAR)`];
      case 'plain':
        return [name];
      case 'bytes':
        return /CHAR|TEXT/.test(definition)
          ? [`CONCAT(HEX(${name}), ' ', CONVERT(${name} USING utf8mb4))`]
          : [`HEX(${name})`];
      case 'float':
        return [`CAST(${name} AS DOUBLE)`];
      case 'bit':
        return [`HEX(${name} + 0)`];
      case 'members':
        return [`CONCAT(CAST(${name} AS UNSIGNED), ' ', CAST(${name} AS CHAR))`];
    }
  });
  const [rows] = await connection.query({
    sql: `SELECT id, ${expressions.join(', ')} FROM ${table} ORDER BY id`,
    rowsAsArray: true,
    typeCast: (field: { buffer(): Buffer | null }) => {
      const bytes = field.buffer();
      return bytes === null ? null : bytes.toString('utf8');
    },
  } as never);
  return new Map(
    (rows as (string | null)[][]).map(([id, ...values]) => [
      String(id),
      values.map((value, i) => {
        const text = asText(value);
        // The server prints the double that a FLOAT is: its bits are compared.
        return text !== null && columns[i]?.compare === 'float' ? floatBits(Number(text)) : text;
      }),
    ]),
  );
}

function floatBits(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatBE(value);
  return bytes.toString('hex');
}

/** What differs between decoded and stored rows, in words; `counts` tells columns to leave out. */
export function differences(
  decoded: ComparableRows,
  stored: ComparableRows,
  columns: readonly TestColumn[],
  counts: (column: TestColumn) => boolean = () => true,
): string[] {
  const list: string[] = [];
  for (const id of decoded.keys()) if (!stored.has(id)) list.push(`row ${id} is not stored`);
  for (const [id, row] of stored) {
    const found = decoded.get(id);
    if (found === undefined) list.push(`row ${id} was not decoded`);
    else {
      columns.forEach((column, i) => {
        if (found[i] === row[i] || !counts(column)) return;
        list.push(`row ${id}, ${column.name}: decoded ${found[i]}, stored ${row[i]}`.slice(0, 500));
      });
    }
  }
  return list;
}

/** The same of a decoded image; `undefined` where the image does not hold the column. */
export function comparable(
  image: RowImage,
  index: number,
  { compare, definition }: TestColumn,
): Comparable | undefined {
  const value = image.get(index);
  if (value === undefined || value === null) return value;
  const column = image.table.columns[index] as Column;
  switch (compare) {
    case 'text':
    case 'plain':
      return asText(image.text(index));
    case 'bytes': {
      const hex = (image.bytes(index) as Buffer).toString('hex').toUpperCase();
      if (!/CHAR|TEXT/.test(definition)) {
        if (!(value as Buffer).equals(image.bytes(index) as Buffer))
          throw new Error('bytes() differ from get()');
        return hex;
      }
      return `${hex} ${column.kind === 'text' ? (value as string) : (image.bytes(index) as Buffer).toString('utf8')}`;
    }
    case 'float':
      return floatBits(value as number);
    case 'bit':
      return BigInt(`0x${(value as Buffer).toString('hex')}`)
        .toString(16)
        .toUpperCase();
    case 'members': {
      const names = column.values === undefined ? undefined : asText(image.text(index));
      return names === undefined ? `${value as number | bigint}` : `${value as number | bigint} ${names}`;
    }
  }
}

/** The rows of one table that follow from a binlog alone. */
export class ReplayedRows {
  readonly rows: ComparableRows = new Map();
  readonly seen = { inserts: 0, updates: 0, deletes: 0 };

  constructor(
    private readonly table: string,
    private readonly columns: readonly TestColumn[],
  ) {}

  /** Applies a transaction; every before-image must hold what the rows held. */
  apply(transaction: Transaction): void {
    for (const { kind, table, before, after } of transaction.rows()) {
      if (table.table !== this.table) continue;
      const id = String((before ?? after)?.get(0));
      const old = this.rows.get(id);
      if (before !== undefined) {
        if (old === undefined) throw new Error(`row ${id} is changed before it is there`);
        this.#check(before, old, id);
      }
      if (kind === 'delete') {
        this.seen.deletes++;
        this.rows.delete(id);
      } else if (after !== undefined) {
        if (kind === 'insert') this.seen.inserts++;
        else this.seen.updates++;
        const next = this.columns.map((column, i) => {
          const value = comparable(after, i + 1, column);
          return value === undefined ? (old?.[i] ?? null) : value;
        });
        if (kind === 'update') this.rows.delete(id);
        this.rows.set(String(after.get(0) ?? id), next);
      }
    }
  }

  #check(before: RowImage, old: readonly Comparable[], id: string): void {
    this.columns.forEach((column, i) => {
      const value = comparable(before, i + 1, column);
      if (value !== undefined && value !== old[i]) {
        throw new Error(`row ${id}, ${column.name}: before-image has ${value}, the row had ${old[i]}`);
      }
    });
  }
}
