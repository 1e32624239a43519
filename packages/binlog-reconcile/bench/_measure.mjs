/** One measurement in a process of its own: `node _measure.mjs WHAT FILE` prints one JSON object. */
import { statSync } from 'node:fs';
import { EventType } from '../dist/events/index.js';
import { countRows, tableIdOf, TableMapCache } from '../dist/rows/index.js';
import { fileSource } from '../dist/reading/index.js';
import { transactions } from '../dist/transactions/index.js';

const [what, file] = process.argv.slice(2);

/** Offsets only: every event, and where each row begins and ends; checksums are left alone. */
async function scan() {
  const tables = new TableMapCache();
  const byId = new Map();
  let rows = 0;
  for await (const { events } of fileSource({ files: [file], verifyChecksums: false }).batches()) {
    for (const event of events) {
      if (event.type === EventType.TableMap) {
        const table = tables.getOrParse(event);
        byId.set(table.tableId, table);
      } else if (event.type >= EventType.WriteRows && event.type <= EventType.DeleteRows) {
        rows += countRows(event, byId.get(tableIdOf(event)));
      }
    }
  }
  return rows;
}

/** Every column of every image, with checksums, through transactions(). */
async function decode() {
  let rows = 0;
  for await (const transaction of transactions(fileSource({ files: [file] }))) {
    for (const row of transaction.rows()) {
      rows++;
      row.before?.values();
      row.after?.values();
    }
  }
  return rows;
}

/** SQL as `dcmha binlog redo` and `undo` write it, to nowhere. */
async function sql(direction) {
  const sql = await import('../dist/sql/index.js');
  const redo = sql.redoSqlBytes ?? sql.redoSql;
  const undo = sql.undoSqlBytesFrom ?? sql.undoSqlFrom;
  const open = (range) => transactions(fileSource({ files: [file], from: range.from }), range);
  const chunks = direction === 'redo' ? redo(open({})) : undo(open);
  let bytes = 0;
  for await (const chunk of chunks) bytes += chunk.length;
  if (bytes === 0) throw new Error('no SQL was written');
  return undefined;
}

const measures = { scan, decode, redo: () => sql('redo'), undo: () => sql('undo') };
const begin = performance.now();
const cpuBegin = process.cpuUsage();
const rows = await measures[what]();
const seconds = (performance.now() - begin) / 1000;
const cpu = process.cpuUsage(cpuBegin);
const bytes = statSync(file).size;
console.log(
  JSON.stringify({
    mbPerS: bytes / 1e6 / seconds,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
    seconds: Math.round(seconds * 1000) / 1000,
    rows,
  }),
);
