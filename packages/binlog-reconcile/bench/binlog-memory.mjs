/**
 * How much memory undo SQL takes: `npm run bench -- binlog-memory [--gb N] [--json]`.
 *
 * Two files of N (1) gigabytes are made of the file that the benchmark `binlog` uses, and undone in a process that may
 * have 256 MB of heap at most. The files are deleted afterwards.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { benchFile } from './_make-binlog.mjs';

const HEAP_LIMIT_MB = 256;

if (process.env.BINLOG_MEMORY_FILES !== undefined) await undo(process.env.BINLOG_MEMORY_FILES.split('\n'));
else await main();

async function main() {
  const { values } = parseArgs({
    options: { gb: { type: 'string', default: '1' }, json: { type: 'boolean' } },
  });
  const folder = join(tmpdir(), 'dcmha-bench');
  const source = readFileSync(await benchFile(folder, 240));
  const files = [1, 2].map((n) => join(folder, `memory-${process.pid}.00000${n}`));
  try {
    for (const file of files) repeat(source, file, Number(values.gb) * 1e9);
    const result = await run(files);
    if (values.json) console.log(JSON.stringify(result));
    else {
      console.log(
        `undo SQL of ${result.mb} MB in ${files.length} files: ${result.mbPerS} MB/s, at most ${result.peakHeapMb} MB of heap ` +
          `(limit ${HEAP_LIMIT_MB}), ${result.peakRssMb} MB resident`,
      );
    }
  } finally {
    for (const file of files) rmSync(file, { force: true });
  }
}

/** Writes the format description once, the transactions as often as it takes, and the last event (ROTATE). */
function repeat(source, file, bytes) {
  const begin = 4 + source.readUInt32LE(4 + 9);
  let last = begin;
  for (let at = begin; at < source.length; at += source.readUInt32LE(at + 9)) last = at;
  const descriptor = openSync(file, 'w');
  try {
    let size = writeSync(descriptor, source, 0, begin);
    while (size < bytes) size += writeSync(descriptor, source, begin, last - begin);
    writeSync(descriptor, source, last);
  } finally {
    closeSync(descriptor);
  }
}

function run(files) {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [`--max-old-space-size=${HEAP_LIMIT_MB}`, fileURLToPath(import.meta.url)],
      {
        env: { ...process.env, BINLOG_MEMORY_FILES: files.join('\n') },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(JSON.parse(output)) : reject(new Error(`undo ended with ${code}: out of memory?`)),
    );
  });
}

async function undo(files) {
  const { fileSource } = await import('../dist/reading/index.js');
  const { transactions } = await import('../dist/transactions/index.js');
  const { undoSqlBytesFrom } = await import('../dist/sql/index.js');
  const open = (range) => transactions(fileSource({ files, from: range.from }), range);
  let peakHeap = 0;
  let chunks = 0;
  let sqlBytes = 0;
  const begin = performance.now();
  for await (const chunk of undoSqlBytesFrom(open, {
    onPlan: () => (peakHeap = Math.max(peakHeap, process.memoryUsage().heapUsed)),
  })) {
    sqlBytes += chunk.length;
    if (chunks++ % 16 === 0) peakHeap = Math.max(peakHeap, process.memoryUsage().heapUsed);
  }
  const seconds = (performance.now() - begin) / 1000;
  const mb = files.reduce((sum, file) => sum + statSync(file).size, 0) / 1e6;
  console.log(
    JSON.stringify({
      mb: Math.round(mb),
      sqlMb: Math.round(sqlBytes / 1e6),
      mbPerS: Math.round(mb / seconds),
      peakHeapMb: Math.round(peakHeap / 1e6),
      // Not maxRSS, which begins with that of the process that started this one.
      peakRssMb: Math.round(
        Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024,
      ),
    }),
  );
}
