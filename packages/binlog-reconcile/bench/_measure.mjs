/** One measurement in a process of its own: `node _measure.mjs WHAT FILE [FOLDER]` prints one JSON object. */
import { statSync } from 'node:fs';
import { fileSource, scanRows } from '../dist/reading/index.js';
import { transactions } from '../dist/transactions/index.js';

const [what, file, folder] = process.argv.slice(2);

/** Where each row begins; checksums are left alone. */
async function scan() {
  let last = 0;
  const { rows } = await scanRows(file, ({ position, starts, rowCount }) => {
    last = position + starts[rowCount - 1];
  });
  if (last === 0) throw new Error('no row was found');
  return rows;
}

/** Every column of every image to its JavaScript value, with checksums, through transactions(). */
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
  const { redoSqlBytes, undoSqlBytesFrom } = await import('../dist/sql/index.js');
  const open = (range) => transactions(fileSource({ files: [file], from: range.from }), range);
  const chunks = direction === 'redo' ? redoSqlBytes(open({})) : undoSqlBytesFrom(open);
  let bytes = 0;
  for await (const chunk of chunks) bytes += chunk.length;
  if (bytes === 0) throw new Error('no SQL was written');
  return undefined;
}

/** Every column of every image by a reader of npm. Only the events that it needs for that are given to it. */
async function npmReader() {
  const { npmReader } = await import('./_npm-readers.mjs');
  const read = await npmReader(what, folder);
  let rows = 0;
  for await (const { events } of fileSource({ files: [file], verifyChecksums: false }).batches()) {
    for (const event of events) {
      const { type: eventType, timestamp, logPos, length, serverId } = event;
      if (eventType !== 19 && (eventType < 30 || eventType > 32)) continue;
      const options = {
        timestamp: timestamp * 1000,
        nextPosition: logPos,
        size: length - 23,
        eventType,
        serverId,
      };
      rows += read(options, event.bytes, event)?.length ?? 0;
    }
  }
  return rows;
}

const measures = {
  scan,
  decode,
  decodeWarm: decode,
  redo: () => sql('redo'),
  undo: () => sql('undo'),
  vlasky: npmReader,
  powersync: npmReader,
};
// What a process that goes on reading has: the code is compiled.
if (what === 'decodeWarm') await decode();
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
