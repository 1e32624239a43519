import type { Column, RowChange, RowImage, Transaction } from '../../rows/model.js';
import { valueText } from '../../rows/value-text.js';
import { commentText } from '../quoting.js';

/** One line about a transaction: GTID, time, size, tables and rows, statements. */
export function transactionLine(transaction: Transaction): string {
  const { gtid, commitTime, byteSize, start, compressed, ending } = transaction;
  const parts = [
    gtid ?? 'anonymous',
    commitTime.toISOString(),
    `${start.file}:${start.position}`,
    `${byteSize} bytes${compressed ? ' (compressed)' : ''}`,
  ];
  if (ending !== 'commit' && ending !== 'implicit') parts.push(ending);
  for (const { schema, table, inserts, updates, deletes } of transaction.tables) {
    parts.push(`${schema}.${table} +${inserts} ~${updates} -${deletes}`);
  }
  for (const { kind, sql } of transaction.statements) {
    if (kind !== 'control') parts.push(`${kind === 'ddl' ? 'DDL' : 'statement'}: ${commentText(sql, 120)}`);
  }
  return `${parts.join('  ')}\n`;
}

/** The transactions for a person to read: a line for each, then its rows, `+` inserted, `-` deleted, `~` changed. */
export async function* listTransactions(
  transactions: AsyncIterable<Transaction> | Iterable<Transaction>,
  options: { readonly rows?: boolean } = {},
): AsyncIterableIterator<string> {
  for await (const transaction of transactions) {
    let chunk = transactionLine(transaction);
    if (options.rows === true) {
      for (const change of transaction.rows()) {
        chunk += `    ${rowLine(change)}\n`;
        if (chunk.length < 64 * 1024) continue;
        yield chunk;
        chunk = '';
      }
    }
    yield chunk;
  }
}

function rowLine({ kind, table, before, after }: RowChange): string {
  const name = `${table.schema}.${table.table}`;
  if (before === undefined) return `+ ${name}  ${columnsText(after)}`;
  if (after === undefined) return `- ${name}  ${columnsText(before)}`;
  const changed = table.columns.filter(({ index }) => {
    const [old, now] = [before.text(index), after.text(index)];
    return Buffer.isBuffer(old) && Buffer.isBuffer(now) ? !old.equals(now) : old !== now;
  });
  const changes = changed
    .filter(({ index }) => after.has(index))
    .map((column) => `${columnName(column)}: ${cellText(before, column)} -> ${cellText(after, column)}`);
  return `~ ${name}  ${columnsText(before)}  =>  ${changes.join(', ')}${kind === 'update' && changes.length === 0 ? '(no change)' : ''}`;
}

function columnsText(image: RowImage | undefined): string {
  if (image === undefined) return '';
  return image.table.columns
    .filter(({ index }) => image.has(index))
    .map((column) => `${columnName(column)}=${cellText(image, column)}`)
    .join(', ');
}

function columnName(column: Column): string {
  return column.name ?? `@${column.index + 1}`;
}

function cellText(image: RowImage, column: Column): string {
  const value = image.get(column.index);
  if (value === undefined) return '(not logged)';
  if (value === null) return 'NULL';
  const shown = valueText(column, value);
  if (typeof shown !== 'string')
    return `0x${shown.toString('hex').slice(0, 128)}${shown.length > 64 ? '...' : ''}`;
  return typeof value === 'number' || typeof value === 'bigint' ? shown : JSON.stringify(shown);
}
