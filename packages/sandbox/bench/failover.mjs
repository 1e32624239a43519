/**
 * `npm run bench -- failover [--runs 10] [--switchovers N] [--connections 4] [--pause-ms 2] [--async] [--json]`
 *
 * Kills the primary (SIGKILL of mysqld) of a group of three again and again, with writers at work through HAProxy, and
 * switches over as often. A failover's time is from the kill to the first write that the new primary acknowledged; a
 * switchover's from the last write of the old primary to the first of the new one. The last line is a JSON object.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  Client,
  createWritesTable,
  logTail,
  Sandbox,
  WriteLedger,
  Writer,
  writtenIds,
} from '../dist/index.js';
import {
  currentPrimary,
  failover,
  moreWrites,
  rejoin,
  SceneFailedError,
  startStack,
  switchover,
} from '../dist/demo/index.js';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10' },
    switchovers: { type: 'string' },
    connections: { type: 'string', default: '4' },
    'pause-ms': { type: 'string', default: '2' },
    async: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    dcmha: {
      type: 'string',
      default: fileURLToPath(new URL('../../cli/bin/dcmha.js', import.meta.url)),
    },
  },
});
const runs = Number(values.runs);
const switchovers = Number(values.switchovers ?? values.runs);
const connections = Number(values.connections);
const pauseMs = Number(values['pause-ms']);
const rejoinTimeoutMs = 15_000;
const say = values.json ? (line) => console.error(line) : (line) => console.log(line);

const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
const round = (ms) => Math.round(ms * 10) / 10;
const spread = (numbers) =>
  numbers.length === 0
    ? null
    : {
        medianMs: round(median(numbers)),
        minMs: round(Math.min(...numbers)),
        maxMs: round(Math.max(...numbers)),
      };
/** Median of each phase over the runs that reached it. */
const phases = (events) => {
  const names = [...new Set(events.flatMap((event) => Object.keys(event.phasesMs)))];
  const medians = names.map((name) => [
    name,
    round(median(events.map((event) => event.phasesMs[name]).filter((ms) => ms !== undefined))),
  ]);
  return Object.fromEntries(medians.sort((a, b) => a[1] - b[1]));
};

const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => interrupt.abort());

const sandbox = await Sandbox.create({ name: 'bench' });
let stack;
try {
  stack = await startStack(sandbox, {
    dcmha: values.dcmha,
    policy: { antiFlapMs: 0, ...(values.async ? { durability: { mode: 'async' }, fencing: 'none' } : {}) },
    servers: { semiSync: !values.async },
    progress: say,
    signal: interrupt.signal,
  });
  const client = await Client.connect(stack.write, 5_000);
  await client.query(createWritesTable, 5_000);
  client.destroy();
  const ledger = new WriteLedger();
  const writer = new Writer({ target: stack.write, connections, pauseMs }, ledger);
  const context = { stack, ledger, signal: interrupt.signal };
  const failovers = [];
  let rebuilt = 0;
  const switched = [];
  writer.start();
  try {
    for (let run = 1; run <= runs; run++) {
      await moreWrites(context, 300);
      const { event, killed } = await failover(context);
      failovers.push(event);
      say(`failover ${run}: ${event.downtimeMs} ms ${JSON.stringify(event.phasesMs)}`);
      try {
        await rejoin(context, killed, rejoinTimeoutMs);
      } catch (error) {
        // It may have transactions that nobody acknowledged and that keep it out; what is measured here is the failover.
        if (!(error instanceof SceneFailedError)) throw error;
        rebuilt++;
        say(`  ${killed.address} was kept out of the group; it is set up anew`);
        await killed.startAsNew();
        await rejoin(context, killed);
      }
    }
    for (let run = 1; run <= switchovers; run++) {
      await moreWrites(context, 300);
      const event = await switchover(context);
      switched.push(event);
      say(`switchover ${run}: ${event.downtimeMs} ms ${JSON.stringify(event.phasesMs)}`);
      const replicas = stack.servers.servers.length - 1;
      const deadline = performance.now() + 30_000;
      while ((await stack.tree.route()).read.length < replicas && performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  } finally {
    await writer.stop();
  }
  const final = await currentPrimary(context);
  const lostWrites = ledger.missingFrom(await writtenIds(final)).length;
  const times = failovers.map((event) => event.downtimeMs);
  console.log(
    JSON.stringify({
      bench: 'failover',
      durability: values.async ? 'async' : 'semisync',
      runs: failovers.length,
      ...spread(times),
      allMs: times,
      phasesMs: phases(failovers),
      switchover: {
        runs: switched.length,
        ...spread(switched.map((event) => event.downtimeMs)),
        allMs: switched.map((event) => event.downtimeMs),
        phasesMs: phases(switched),
      },
      ackedWrites: ledger.acknowledgedCount,
      lostWrites,
      rebuiltServers: rebuilt,
      writers: connections,
    }),
  );
  process.exitCode = lostWrites === 0 ? 0 : 1;
} catch (error) {
  console.error(error.message);
  if (stack && error instanceof SceneFailedError) {
    for (const { name, logFile } of [...stack.engines, ...stack.agents, stack.router]) {
      console.error(`\nthe end of the log of ${name}:\n${logTail(logFile, 8)}`);
    }
  }
  process.exitCode = interrupt.signal.aborted ? 130 : 1;
} finally {
  await stack?.close();
  await sandbox.close();
}
