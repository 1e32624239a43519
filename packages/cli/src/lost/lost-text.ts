import type {
  LostReviewEntry,
  LostTransactionsManifest,
  RowDiff,
  ShownRow,
  ShownValue,
} from '@dcmha/binlog-reconcile';
import { changedTables } from '../output/changed-tables.js';
import { table } from '../output/table.js';
import { moment } from '../output/time.js';
import type { RegisteredLost } from './find-lost.js';

const valueLengthMax = 60;
const tablesShown = 3;

export function listText(events: readonly RegisteredLost[]): string {
  return table(
    [
      { title: 'ID', value: (row) => row.id },
      { title: 'GROUP', value: (row) => row.group },
      { title: 'SERVER', value: (row) => row.value.server },
      { title: 'TRANSACTIONS', value: (row) => String(row.value.transactions), align: 'right' },
      { title: 'ROWS', value: (row) => String(row.value.rows ?? '-'), align: 'right' },
      { title: 'TABLES', value: (row) => tablesText(row.value.tables) },
      { title: 'UNDONE', value: (row) => (row.value.undone ? 'yes' : 'NO: the server stays closed') },
      { title: 'REVIEW', value: (row) => row.value.review.state },
    ],
    events,
  );
}

function tablesText(tables: readonly string[]): string {
  const more = tables.length - tablesShown;
  return `${tables.slice(0, tablesShown).join(' ')}${more > 0 ? ` +${more}` : ''}` || '-';
}

export function manifestText(
  manifest: LostTransactionsManifest,
  facts: { readonly place: string; readonly registered: RegisteredLost | null },
): string {
  const { registered, place } = facts;
  const lines = [
    `id            ${manifest.id}`,
    `group         ${manifest.group}`,
    `server        ${manifest.server}`,
    `primary       ${manifest.primary ?? '-'}`,
    `why           ${manifest.reason}`,
    `saved         ${moment(Date.parse(manifest.createdAt))}, ${place}`,
    `transactions  ${manifest.transactionCount}, ${manifest.rowCount} rows, ${manifest.byteSize} bytes`,
    `committed     ${manifest.firstTime ?? '-'} to ${manifest.lastTime ?? '-'}`,
    `gtids         ${manifest.gtids || 'none'}`,
  ];
  if (manifest.ddlCount > 0) lines.push(`ddl           ${manifest.ddlCount}`);
  if (registered !== null) {
    const { undone, review } = registered.value;
    lines.push(`undone        ${undone ? 'yes' : 'no: they are still in the server, which stays closed'}`);
    const by = review.by === undefined ? '' : `, by ${review.by}`;
    const at = review.atMs === undefined ? '' : ` at ${moment(review.atMs)}`;
    lines.push(
      `review        ${review.state}${by}${at}${review.note === undefined ? '' : `: ${review.note}`}`,
    );
  }
  if (!manifest.invertible) {
    lines.push('', 'cannot be undone, because');
    lines.push(...manifest.refusals.slice(0, 20).map(({ message }) => `  - ${message}`));
    if (manifest.refusals.length > 20) lines.push(`  - and ${manifest.refusals.length - 20} more reasons`);
  }
  if (manifest.tables.length > 0) lines.push('', changedTables(manifest.tables));
  return lines.join('\n');
}

export function reviewText(review: readonly LostReviewEntry[]): string {
  return table(
    [
      { title: 'TIME', value: (row) => moment(row.atMs) },
      { title: 'WHAT', value: (row) => row.action },
      { title: 'BY', value: (row) => row.by },
      { title: 'PRIMARY', value: (row) => row.primary ?? '-' },
      { title: 'GTIDS', value: (row) => short(row.gtids ?? '-') },
      { title: 'NOTE', value: (row) => row.note ?? '' },
    ],
    review,
  );
}

/** One row, each of its columns before, after, and now. `*`: not as the transaction left it. */
export function rowDiffText(row: RowDiff): string {
  const key = row.key === undefined ? '' : ` ${JSON.stringify(row.key)}`;
  const title = `${row.gtid ?? 'without GTID'}  ${row.kind} ${row.schema}.${row.table}${key}  ${stateText(row)}`;
  const names = [...new Set([row.before, row.after, row.now].flatMap((one) => Object.keys(one ?? {})))];
  return `${title}\n${indent(
    table(
      [
        { title: 'COLUMN', value: (name) => name },
        { title: 'BEFORE', value: (name) => cell(row.before, name) },
        { title: 'AFTER', value: (name) => cell(row.after, name) },
        { title: 'NOW', value: (name) => cell(row.now, name) },
        { title: '', value: (name) => (cellOf(row.after, name) === cellOf(row.now, name) ? '' : '*') },
      ],
      names,
    ),
  )}`;
}

function stateText({ state }: RowDiff): string {
  switch (state) {
    case 'as-before':
      return 'as before: can be replayed';
    case 'as-after':
      return 'as after: the primary has it';
    case 'differs':
      return 'CONFLICT: the primary has something else';
  }
}

function cell(row: ShownRow | undefined, name: string): string {
  if (row === undefined) return '-';
  const value = row[name];
  return value === undefined ? '' : valueText(value);
}

function valueText(value: ShownValue): string {
  if (value === null) return 'NULL';
  return short(typeof value === 'string' ? JSON.stringify(value) : `0x${value.hex}`);
}

function cellOf(row: ShownRow | undefined, name: string): string {
  return JSON.stringify(row?.[name] ?? null) + String(row === undefined);
}

function short(text: string): string {
  return text.length > valueLengthMax ? `${text.slice(0, valueLengthMax - 3)}...` : text;
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ');
}
