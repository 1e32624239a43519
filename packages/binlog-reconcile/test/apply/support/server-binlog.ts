import type { MysqlServer } from '@dcmha/sandbox';
import type { Connection } from 'mysql2/promise';
import { basename, join } from 'node:path';
import {
  fileSource,
  transactions,
  type BinlogPosition,
  type SchemaSource,
  type Transaction,
  type TransactionRange,
} from '../../../src/index.js';

/** Where the server writes next. */
export async function binlogEnd(connection: Connection): Promise<BinlogPosition> {
  for (const words of ['SHOW BINARY LOG STATUS', 'SHOW MASTER STATUS']) {
    try {
      const [rows] = await connection.query<never>(words);
      const [row] = rows as { File: string; Position: number }[];
      if (row !== undefined) return { file: row.File, position: row.Position };
    } catch {
      // The other flavour's words.
    }
  }
  throw new Error('the server has no binary log');
}

/** Reads a server's binlog from its disk, from `from` up to `to`. */
export function readBinlog(
  server: MysqlServer,
  range: TransactionRange & { readonly from: BinlogPosition; readonly to: BinlogPosition },
  schema?: SchemaSource,
): AsyncIterableIterator<Transaction> {
  const path = join(server.dataDir, basename(range.from.file));
  return transactions(fileSource({ files: [path], from: range.from }), { ...range, schema });
}

/** All of them. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** `CHECKSUM TABLE` of each table: over every byte of every row, whatever their order. */
export async function checksums(
  connection: Connection,
  schema: string,
  tables: readonly string[],
): Promise<Record<string, string>> {
  const names = tables.map((table) => `${schema}.${table}`);
  const [rows] = await connection.query<never>(`CHECKSUM TABLE ${names.join(', ')} EXTENDED`);
  return Object.fromEntries(
    (rows as { Table: string; Checksum: number | null }[]).map(({ Table, Checksum }) => [
      Table,
      String(Checksum),
    ]),
  );
}
