import type { BinlogSummary } from '@dcmha/binlog-reconcile';
import { changedTables } from '../output/changed-tables.js';

export function summaryText(summary: BinlogSummary): string {
  if (summary.transactionCount === 0) return 'no transaction';
  const lines = [
    `transactions  ${summary.transactionCount}${summary.anonymousCount > 0 ? ` (${summary.anonymousCount} without GTID)` : ''}`,
    `rows          ${summary.rowCount}`,
    `bytes         ${summary.byteSize}`,
    `time          ${summary.firstTime} to ${summary.lastTime}`,
    `gtids         ${summary.gtids || 'none'}`,
  ];
  if (summary.largest !== undefined) {
    lines.push(`largest       ${summary.largest.gtid ?? 'without GTID'}, ${summary.largest.byteSize} bytes`);
  }
  if (summary.ddlCount > 0) lines.push(`ddl           ${summary.ddlCount}`);
  if (summary.statementCount > 0)
    lines.push(`statements    ${summary.statementCount} changes logged as statements`);
  if (summary.tables.length > 0) lines.push('', changedTables(summary.tables));
  return lines.join('\n');
}
