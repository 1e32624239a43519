/**
 * How fast a binlog is read: `npm run bench -- binlog [FILE] [--json] [--runs N] [--mb N]`.
 *
 * Without FILE a real MySQL server writes one first (240 MB, kept in the cache folder for the next run). Each measure
 * runs in a process of its own, N times (3) in turn with the others; the fastest counts. `mysqlbinlog -vv` decodes the
 * same file in the same turns. `cpuSeconds` is processor time, all threads together: on a machine that does other work
 * too, it says more than the time by the clock. The last line of the output is one JSON object.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { locateMysql } from '@dcmha/sandbox';
import { makeBinlog } from './_make-binlog.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean' },
    runs: { type: 'string', default: '3' },
    mb: { type: 'string', default: '240' },
  },
});

/** What the package promises on two cores that have nothing else to do. */
const GOALS = { scan: 1500, decode: 200, undo: 90, peakRssMb: 200, timesMysqlbinlog: 2.8 };
const NAMES = {
  scan: 'offsets of every row',
  decode: 'every column, checksums',
  redo: 'redo SQL',
  undo: 'undo SQL',
  mysqlbinlog: 'mysqlbinlog -vv',
};

async function theFile() {
  if (positionals[0] !== undefined) return positionals[0];
  const folder = join(tmpdir(), 'dcmha-bench');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `binlog-${values.mb}mb.000001`);
  if (!existsSync(file)) {
    process.stderr.write(`a MySQL server writes ${values.mb} MB of binlog\n`);
    const draft = `${file}.${process.pid}`;
    await makeBinlog(draft, Number(values.mb) * 1e6, (part) =>
      process.stderr.write(`\r${Math.min(100, Math.round(part * 100))} %  `),
    );
    process.stderr.write('\n');
    renameSync(draft, file);
  }
  return file;
}

/** Runs a command; resolves to its output, its time and the most memory it had. */
function run(command, args, keepOutput) {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const child = spawn(command, args, { stdio: ['ignore', keepOutput ? 'pipe' : 'ignore', 'pipe'] });
    let output = '';
    let complaint = '';
    let peakRssMb = 0;
    let cpuSeconds = 0;
    const watch = setInterval(() => {
      try {
        const [, kb = 0] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
        peakRssMb = Math.max(peakRssMb, Math.round(Number(kb) / 1024));
        // proc(5): utime and stime are fields 14 and 15, in hundredths of a second; the name before them has blanks.
        const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
        cpuSeconds = (Number(fields[11]) + Number(fields[12])) / 100 || cpuSeconds;
      } catch {
        // it has just ended
      }
    }, 20);
    child.stdout?.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (complaint += data));
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(watch);
      const seconds = (performance.now() - begin) / 1000;
      if (code === 0) resolve({ output, seconds, peakRssMb, cpuSeconds });
      else reject(new Error(`${command} ended with ${code}: ${complaint.slice(-2000)}`));
    });
  });
}

const measureScript = fileURLToPath(new URL('./_measure.mjs', import.meta.url));
const file = await theFile();
const megabytes = statSync(file).size / 1e6;
const mysqlbinlog = (await locateMysql()).program('mysqlbinlog');

async function measure(what) {
  if (what === 'mysqlbinlog') {
    const args = ['--no-defaults', '-vv', '--verify-binlog-checksum', file];
    const { seconds, peakRssMb, cpuSeconds } = await run(
      mysqlbinlog.file,
      [...mysqlbinlog.prefixArgs, ...args],
      false,
    );
    return { mbPerS: megabytes / seconds, peakRssMb, cpuSeconds };
  }
  return JSON.parse((await run(process.execPath, [measureScript, what, file], true)).output);
}

const best = {};
for (let turn = 0; turn < Number(values.runs); turn++) {
  for (const what of Object.keys(NAMES)) {
    const result = await measure(what);
    const cpuSeconds = Math.min(result.cpuSeconds, best[what]?.cpuSeconds ?? Infinity);
    if (best[what] === undefined || result.mbPerS > best[what].mbPerS) best[what] = result;
    best[what].cpuSeconds = cpuSeconds;
    process.stderr.write(`${NAMES[what].padEnd(26)} ${result.mbPerS.toFixed(1).padStart(8)} MB/s\n`);
  }
}

const rows = best.decode.rows;
const results = Object.fromEntries(
  Object.entries(best).map(([what, { mbPerS, peakRssMb, cpuSeconds }]) => [
    what,
    {
      mbPerS: Math.round(mbPerS * 10) / 10,
      rowsPerS: Math.round((rows / megabytes) * mbPerS),
      peakRssMb,
      cpuSeconds: Math.round(cpuSeconds * 100) / 100,
    },
  ]),
);
const timesMysqlbinlog = Math.round((best.decode.mbPerS / best.mysqlbinlog.mbPerS) * 100) / 100;
const timesMysqlbinlogCpu = Math.round((best.mysqlbinlog.cpuSeconds / best.decode.cpuSeconds) * 100) / 100;
const report = {
  file,
  mb: Math.round(megabytes * 10) / 10,
  rows,
  node: process.version,
  cpus: cpus().length,
  load1m: Math.round(loadavg()[0] * 10) / 10,
  ...results,
  timesMysqlbinlog,
  timesMysqlbinlogCpu,
  goals: GOALS,
};
if (!values.json) {
  console.log(
    `\n${report.mb} MB, ${rows} rows, Node ${report.node}, load ${report.load1m} on ${report.cpus} cores`,
  );
  for (const [what, { mbPerS, rowsPerS, peakRssMb, cpuSeconds }] of Object.entries(results)) {
    const goal = GOALS[what] === undefined ? '' : `  (goal ${GOALS[what]})`;
    console.log(
      `${NAMES[what].padEnd(26)} ${`${mbPerS}`.padStart(8)} MB/s ${`${rowsPerS}`.padStart(9)} rows/s ${`${peakRssMb}`.padStart(5)} MB ${cpuSeconds.toFixed(2).padStart(6)} s CPU${goal}`,
    );
  }
  console.log(
    `decoding is ${timesMysqlbinlog} times as fast as mysqlbinlog -vv (goal ${GOALS.timesMysqlbinlog})`,
  );
}
console.log(JSON.stringify(report));
