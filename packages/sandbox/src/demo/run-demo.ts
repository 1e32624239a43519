import { detach } from '../detached/detach.js';
import { readState, removeState } from '../detached/state-file.js';
import { SandboxError } from '../errors/index.js';
import type { Progress } from '../install/progress.js';
import { logTail } from '../process/log-tail.js';
import { isAlive } from '../process/process-identity.js';
import { Sandbox } from '../sandbox.js';
import { stackEndpoints, startStack, type Stack } from '../stack/stack.js';
import { Client } from '../workload/client.js';
import { Reader } from '../workload/reader.js';
import { WriteLedger } from '../workload/write-ledger.js';
import { createWritesTable, Writer } from '../workload/writer.js';
import type { DemoEvent, DemoResult } from './demo-result.js';
import {
  failover,
  failoverWithTail,
  killOwner,
  loseHost,
  moreWrites,
  rejoin,
  replay,
  returnOfHost,
  SceneFailedError,
  switchover,
  type SceneContext,
} from './scene.js';
import { formatTimeline, timeline } from './timeline.js';
import { verify } from './verify.js';

export interface DemoOptions {
  /** Path of the `dcmha` program (a JavaScript file). */
  readonly dcmha: string;
  /** Leaves everything running as the sandbox named `demo`. */
  readonly keep?: boolean;
  /** Receives the story, line by line. */
  readonly print?: Progress;
  readonly signal?: AbortSignal;
}

/** Under which name `--keep` leaves the demo running. */
export const keptName = 'demo';

/**
 * The whole system on real servers on loopback: kill -9 of the primary, its return, a switchover, kill -9 of the engine
 * in charge and another failover, the death of a primary that is ahead of all its replicas, with a writer and a reader at
 * work all along. Resolves to what was seen; nothing is
 * left running (unless kept, and only when it came to its end). Throws `SandboxError` when it could not be started.
 */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const print = options.print ?? (() => {});
  if (options.keep) await requireNotKept();
  const sandbox = await Sandbox.create({ name: 'demo' });
  let kept = false;
  try {
    const stack = await startStack(sandbox, {
      dcmha: options.dcmha,
      // Two failovers within seconds of each other are what this is about.
      policy: { antiFlapMs: 0 },
      progress: print,
      ...(options.signal ? { signal: options.signal } : {}),
    });
    try {
      const result = await play(stack, print, options.signal);
      if (options.keep) {
        kept = true;
        await keep(sandbox, stack, print);
      }
      return result;
    } finally {
      await stack.close();
    }
  } finally {
    if (!kept) await sandbox.close();
  }
}

async function play(stack: Stack, print: Progress, signal: AbortSignal | undefined): Promise<DemoResult> {
  for (const server of stack.servers.servers) {
    print(
      `  ${server.name}  ${server.address}  MySQL ${server.version}${server === stack.servers.primary ? '  primary' : ''}`,
    );
  }
  const client = await Client.connect(stack.write, 5_000);
  await client.query(createWritesTable, 5_000);
  client.destroy();

  const ledger = new WriteLedger();
  const writer = new Writer({ target: stack.write }, ledger);
  const reader = new Reader({ target: stack.read });
  const context: SceneContext = { stack, ledger, ...(signal ? { signal } : {}) };
  const events: DemoEvent[] = [];
  const problems: string[] = [];
  const show = (event: DemoEvent): void => {
    events.push(event);
    for (const line of formatTimeline(timeline(event.phasesMs))) print(line);
    print(`  ${event.downtimeMs.toFixed(0)} ms without writes: ${event.from} -> ${event.to}`);
  };
  writer.start();
  reader.start();
  try {
    print('');
    print('A writer and a reader are at work through HAProxy.');
    await moreWrites(context, 500);

    print('');
    print('1. kill -9 of the primary');
    const { event, killed } = await failover(context);
    show(event);
    await moreWrites(context, 200);
    print(`  the old primary comes back`);
    const backMs = await rejoin(context, killed);
    print(
      `  ${killed.address} follows the new primary and is read from again, ${(backMs / 1000).toFixed(1)} s after its start`,
    );

    print('');
    print('2. a planned switchover');
    show(await switchover(context));
    await moreWrites(context, 200);

    print('');
    print('3. kill -9 of the engine that owns the group, then of the primary');
    const { killed: engine, owner, tookMs } = await killOwner(context);
    print(`  ${engine} killed; ${owner} owns the group ${(tookMs / 1000).toFixed(1)} s later`);
    await moreWrites(context, 200);
    const second = await failover(context);
    show(second.event);
    await moreWrites(context, 200);
    print(`  ${second.killed.address} comes back`);
    await rejoin(context, second.killed);

    print('');
    print('4. asynchronous replication, and kill -9 of a primary with transactions that nobody else has');
    const third = await failoverWithTail(context, 500);
    show(third.event);
    print(`  ${third.fetched} transactions were fetched from the disk of the dead server first`);
    await moreWrites(context, 200);
    await rejoin(context, third.killed);

    print('');
    print('5. the same, and the whole host is lost: nobody can read its disk');
    const fourth = await loseHost(context, 300);
    show(fourth.event);
    await moreWrites(context, 200);
    print(`  the host of ${fourth.killed.address} comes back`);
    const { lost } = await returnOfHost(context, fourth.killed);
    print(
      `  ${lost.transactions} transactions that only it had are rolled back and kept: dcmha lost show ${lost.id}`,
    );
    await replay(context, lost);
    print(`  dcmha lost replay: they are on the new primary`);
  } catch (error) {
    if (!(error instanceof SceneFailedError)) throw error;
    print(`  ${error.message}`);
    problems.push(error.message);
    showLogs(stack, print);
  } finally {
    await Promise.all([writer.stop(), reader.stop()]);
  }
  const verdict = await verify(stack, ledger, events);
  problems.push(...verdict.problems);
  return {
    events,
    ackedWrites: ledger.acknowledgedCount,
    lostWrites: verdict.lostWrites,
    reads: reader.readCount,
    ok: problems.length === 0 && verdict.lostWrites === 0,
    problems,
  };
}

async function keep(sandbox: Sandbox, stack: Stack, print: Progress): Promise<void> {
  await detach(sandbox, keptName, stackEndpoints(stack));
  print('');
  print('It goes on running. To look around:');
  print(`  dcmha sandbox status --name ${keptName}`);
  print(`  dcmha status ${stack.group} --config ${stack.operatorConfigFile}`);
  print(
    `  mysql -h ${stack.write.host} -P ${stack.write.port} -u ${stack.write.user} -p${stack.write.password} ${stack.write.database}`,
  );
  print(`  logs and data: ${sandbox.folder}`);
  print(`To stop it: dcmha sandbox down --name ${keptName}`);
}

async function requireNotKept(): Promise<void> {
  const state = await readState(keptName);
  if (state?.entries.some(isAlive)) {
    throw new SandboxError(
      'SANDBOX_EXISTS',
      `an earlier demo still runs; \`dcmha sandbox down --name ${keptName}\` stops it`,
    );
  }
  if (state) await removeState(keptName);
}

/** What went wrong is in there, and the folder goes away with the sandbox. */
function showLogs(stack: Stack, print: Progress): void {
  for (const daemon of [...stack.engines, ...stack.agents, stack.router]) {
    print('');
    print(`the end of the log of ${daemon.name}:`);
    print(logTail(daemon.logFile, 12));
  }
}
