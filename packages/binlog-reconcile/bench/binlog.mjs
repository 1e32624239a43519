/**
 * How fast a binlog is read: `npm run bench -- binlog [FILE] [--json] [--runs N] [--mb N] [--no-npm]`.
 *
 * Without FILE a real MySQL server writes one first (240 MB, kept in the cache folder for the next run). Each measure
 * runs in a process of its own, N times (3) in turn with the others; the fastest counts. `mysqlbinlog -vv` and two
 * readers of npm (installed to the cache folder once; `--no-npm` leaves them out) decode the same file in the same turns.
 *
 * Each process begins cold; `decodeWarm` is a second pass in the same process, as one that goes on reading has it. The
 * comparisons are with the cold one.
 *
 * `--json` prints one JSON object: `{ mbPerS, rowsPerS, peakRssMb }` for each measure; `cpuSeconds` is processor time, all
 * threads together, which says more than the clock on a machine that does other work too; `timesAsFast` is how the full
 * decode compares with the others, by the clock and by processor time.
 */
import { spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { locateMysql } from '@dcmha/sandbox';
import { benchFile } from './_make-binlog.mjs';
import { installNpmReaders, NPM_READERS } from './_npm-readers.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    json: { type: 'boolean' },
    runs: { type: 'string', default: '3' },
    mb: { type: 'string', default: '240' },
    npm: { type: 'boolean', default: true },
  },
});

/** What the package promises on two cores that have nothing else to do. */
const GOALS = { scan: 1500, decode: 200, undo: 90 };
const RATIO_GOALS = { mysqlbinlog: 2.8, vlasky: 4, powersync: 4 };
const PEAK_RSS_GOAL_MB = 200;
const NAMES = {
  scan: 'offsets of every row',
  decode: 'every column, checksums',
  decodeWarm: 'the same, a second time',
  redo: 'redo SQL',
  undo: 'undo SQL',
  mysqlbinlog: 'mysqlbinlog -vv',
  ...Object.fromEntries(
    Object.entries(NPM_READERS).map(([key, { package: name, version }]) => [key, `${name} ${version}`]),
  ),
};
const OURS = new Set(['scan', 'decode', 'decodeWarm', 'redo', 'undo']);
const cacheFolder = join(tmpdir(), 'dcmha-bench');

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
const file = positionals[0] ?? (await benchFile(cacheFolder, Number(values.mb)));
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
  return JSON.parse((await run(process.execPath, [measureScript, what, file, npmFolder ?? ''], true)).output);
}

const npmFolder = values.npm ? await installNpmReaders(join(cacheFolder, 'npm-readers')) : undefined;
const measures = Object.keys(NAMES).filter((what) => npmFolder !== undefined || !(what in NPM_READERS));
const best = {};
for (let turn = 0; turn < Number(values.runs); turn++) {
  for (const what of measures) {
    const result = await measure(what);
    const cpuSeconds = Math.min(result.cpuSeconds, best[what]?.cpuSeconds ?? Infinity);
    if (best[what] === undefined || result.mbPerS > best[what].mbPerS) best[what] = result;
    best[what].cpuSeconds = cpuSeconds;
    if (result.rows !== undefined && result.rows !== best.scan.rows) {
      throw new Error(`${NAMES[what]} found ${result.rows} rows instead of ${best.scan.rows}`);
    }
    process.stderr.write(`${NAMES[what].padEnd(30)} ${result.mbPerS.toFixed(1).padStart(8)} MB/s\n`);
  }
}

const round = (value, digits) => Math.round(value * 10 ** digits) / 10 ** digits;
const { rows } = best.scan;
const others = measures.filter((what) => !OURS.has(what));
const report = {
  ...Object.fromEntries(
    measures.map((what) => {
      const { mbPerS, peakRssMb } = best[what];
      return [
        what,
        { mbPerS: round(mbPerS, 1), rowsPerS: Math.round((rows / megabytes) * mbPerS), peakRssMb },
      ];
    }),
  ),
  cpuSeconds: Object.fromEntries(measures.map((what) => [what, round(best[what].cpuSeconds, 2)])),
  timesAsFast: Object.fromEntries(
    others.map((what) => [
      what,
      {
        clock: round(best.decode.mbPerS / best[what].mbPerS, 2),
        processor: round(best[what].cpuSeconds / best.decode.cpuSeconds, 2),
        goal: RATIO_GOALS[what],
      },
    ]),
  ),
  goals: { mbPerS: GOALS, peakRssMb: PEAK_RSS_GOAL_MB },
  file,
  mb: round(megabytes, 1),
  rows,
  node: process.version,
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  load1m: round(loadavg()[0], 1),
};
if (values.json) console.log(JSON.stringify(report));
else {
  console.log(
    `\n${report.mb} MB, ${rows} rows, Node ${report.node}, ${report.cores} cores of ${report.cpu}, load ${report.load1m}`,
  );
  for (const what of measures) {
    const { mbPerS, rowsPerS, peakRssMb } = report[what];
    const goal = GOALS[what] === undefined ? '' : `  (goal ${GOALS[what]})`;
    const cpu = `${report.cpuSeconds[what].toFixed(2).padStart(6)} s of processor`;
    console.log(
      `${NAMES[what].padEnd(30)} ${`${mbPerS}`.padStart(8)} MB/s ${`${rowsPerS}`.padStart(9)} rows/s ${`${peakRssMb}`.padStart(5)} MB ${cpu}${goal}`,
    );
  }
  for (const [what, { clock, processor, goal }] of Object.entries(report.timesAsFast)) {
    console.log(
      `decoding is ${clock} times as fast as ${NAMES[what]} by the clock, ${processor} times by processor time (goal ${goal})`,
    );
  }
}
