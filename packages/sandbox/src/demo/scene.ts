import type { HistoryEntry } from '@dcmha/zk-schema';
import { SandboxError } from '../errors/index.js';
import type { MysqlServer } from '../mysql/mysql-server.js';
import { run } from '../process/run.js';
import { waitUntil } from '../process/wait-until.js';
import type { DaemonProcess } from '../stack/daemon-process.js';
import type { Stack } from '../stack/stack.js';
import type { AcknowledgedWrite, WriteLedger } from '../workload/write-ledger.js';
import type { DemoEvent } from './demo-result.js';
import { phasesSince } from './timeline.js';

export interface SceneContext {
  readonly stack: Stack;
  readonly ledger: WriteLedger;
  readonly signal?: AbortSignal;
}

/** A scene did not come to its end in time: a promise is broken, and there is nothing to go on with. */
export class SceneFailedError extends SandboxError {
  constructor(what: string) {
    super('SCENE_FAILED', `${what}; the logs of the daemons tell more`);
  }
}

const failoverTimeoutMs = 20_000;
const switchoverTimeoutMs = 20_000;
const historyPollMs = 250;
const historyTimeoutMs = 20_000;
const rejoinTimeoutMs = 60_000;
const takeOverTimeoutMs = 30_000;
const settingsTimeoutMs = 20_000;
const operateTimeoutMs = 60_000;

const wallMs = (monotonicMs: number): number => Date.now() - performance.now() + monotonicMs;

/** Waits for a condition with a deadline; throws `SceneFailedError` naming what did not happen. */
export async function waitFor<T>(
  { signal }: SceneContext,
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  timeoutMs: number,
  everyMs = 20,
): Promise<T> {
  const value = await waitUntil(probe, { timeoutMs, everyMs, ...(signal ? { signal } : {}) });
  if (value === undefined) throw new SceneFailedError(`${what} within ${timeoutMs} ms`);
  return value;
}

/** Lets the workload write for a while: so many more acknowledged writes. */
export async function moreWrites(context: SceneContext, count: number, timeoutMs = 30_000): Promise<void> {
  const wanted = context.ledger.acknowledgedCount + count;
  await waitFor(
    context,
    `${count} more writes were not acknowledged`,
    () => (context.ledger.acknowledgedCount >= wanted ? true : undefined),
    timeoutMs,
  );
}

export async function currentPrimary({ stack }: SceneContext): Promise<MysqlServer> {
  const primary = await stack.tree.primary();
  if (!primary)
    throw new SandboxError('NO_SUCH_SERVER', `the group ${stack.group} has no primary in ZooKeeper`);
  return stack.serverAt(primary.primary);
}

/** kill -9 of the primary's mysqld; ends once the failover is in the group's history. */
export async function failover(context: SceneContext): Promise<{ event: DemoEvent; killed: MysqlServer }> {
  const { stack } = context;
  const old = await currentPrimary(context);
  const newestBefore = await stack.tree.newestHistory();
  const killedAtMs = performance.now();
  const killedWallMs = wallMs(killedAtMs);
  // The signal is sent before `kill` returns; the process needs a moment to be gone.
  const gone = old.kill();
  const [first] = await Promise.all([
    firstWriteElsewhere(context, { kind: 'failover', old, newestBefore }, killedAtMs, failoverTimeoutMs),
    gone,
  ]);
  const entry = await newHistory(context, 'failover', newestBefore);
  return {
    event: {
      kind: 'failover',
      downtimeMs: round(first.atMs - killedAtMs),
      phasesMs: phasesSince(killedWallMs, entry, { killed: killedWallMs, firstWrite: wallMs(first.atMs) }),
      from: old.address,
      to: addressOf(context, first.serverId),
    },
    killed: old,
  };
}

/**
 * The primary dies with transactions that no replica has received: asynchronous replication, the receivers stopped, and
 * the agents beside the replicas frozen, so that they do not start them again.
 */
export async function failoverWithTail(
  context: SceneContext,
  writes: number,
): Promise<{ event: DemoEvent; killed: MysqlServer; fetched: number }> {
  const { stack } = context;
  await replicateAsynchronously(context);
  const newestBefore = await stack.tree.newestHistory();
  const { event, killed } = await whileNobodyReceives(context, writes, () => failover(context));
  const entries = await stack.tree.historySince(newestBefore);
  const notes = JSON.stringify(entries.map(({ detail }) => detail));
  const fetched = Number(/fetches (\d+) transactions/.exec(notes)?.[1] ?? 0);
  if (fetched === 0) throw new SceneFailedError('nothing was fetched from the disk of the dead primary');
  return { event, killed, fetched };
}

export interface LostInDemo {
  readonly id: string;
  readonly server: string;
  readonly transactions: number;
  readonly directory: string;
}

/** As above, and the whole host is gone: nobody can read its disk. The server is not started again here. */
export async function loseHost(
  context: SceneContext,
  writes: number,
): Promise<{ event: DemoEvent; killed: MysqlServer }> {
  await replicateAsynchronously(context);
  const { stack } = context;
  return whileNobodyReceives(context, writes, async () => {
    await agentOf(stack, await currentPrimary(context)).kill();
    return failover(context);
  });
}

/** The host comes back: what only it had is rolled back and kept in files, as an operator sees them. */
export async function returnOfHost(
  context: SceneContext,
  server: MysqlServer,
): Promise<{ backMs: number; lost: LostInDemo }> {
  await agentOf(context.stack, server).start();
  const backMs = await rejoin(context, server);
  const { lost } = await operate<{ lost: LostInDemo[] }>(context, 'lost', 'list', context.stack.group);
  // What was never acknowledged to anybody may have been rolled back before.
  const newest = lost.findLast((event) => event.server === server.address);
  if (newest === undefined) throw new SceneFailedError('no lost transactions are registered');
  return { backMs, lost: newest };
}

/** Brings lost transactions back to where they are missing: to the primary of the day. */
export async function replay(context: SceneContext, { id }: LostInDemo): Promise<void> {
  await operate(context, 'lost', 'replay', id, '--all');
  await operate(context, 'lost', 'resolve', id, '--note', 'replayed by the demo');
}

/** `dcmha ARGS --json`, as an operator runs it. */
async function operate<T>({ stack, signal }: SceneContext, ...args: string[]): Promise<T> {
  const output = await run(
    process.execPath,
    [stack.dcmha, ...args, '--json', '--config', stack.operatorConfigFile],
    { timeoutMs: operateTimeoutMs, ...(signal ? { signal } : {}) },
  );
  return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as T;
}

function agentOf(stack: Stack, server: MysqlServer): DaemonProcess {
  const agent = stack.agents[stack.servers.servers.indexOf(server)];
  if (agent === undefined) throw new SandboxError('NO_SUCH_SERVER', `${server.address} has no agent`);
  return agent;
}

async function replicateAsynchronously(context: SceneContext): Promise<void> {
  const primary = await currentPrimary(context);
  await context.stack.tree.changePolicy({ durability: { mode: 'async' } });
  await waitFor(
    context,
    `${primary.address} still waits for acknowledgements of replicas`,
    async () => {
      const [row] = await primary.query<{ on: number }[]>(
        'SELECT @@GLOBAL.rpl_semi_sync_source_enabled AS `on`',
      );
      return row?.on === 0 ? true : undefined;
    },
    settingsTimeoutMs,
  );
}

/** Stops the receivers, lets the workload write, then does something; the agents beside the replicas stand still. */
async function whileNobodyReceives<T>(
  context: SceneContext,
  writes: number,
  act: () => Promise<T>,
): Promise<T> {
  const { stack } = context;
  const primary = await currentPrimary(context);
  const replicas = stack.servers.servers.filter((server) => server !== primary);
  const agents = replicas.map((server) => agentOf(stack, server));
  for (const agent of agents) agent.freeze();
  try {
    await Promise.all(replicas.map((server) => server.query('STOP REPLICA IO_THREAD')));
    await moreWrites(context, writes);
    return await act();
  } finally {
    for (const agent of agents) agent.thaw();
  }
}

/** A planned switchover, asked for as an operator asks. */
export async function switchover(context: SceneContext): Promise<DemoEvent> {
  const { stack, ledger } = context;
  const old = await currentPrimary(context);
  const newestBefore = await stack.tree.newestHistory();
  const askedAtMs = performance.now();
  await stack.tree.requestSwitchover('demo');
  const first = await firstWriteElsewhere(
    context,
    { kind: 'switchover', old, newestBefore },
    askedAtMs,
    switchoverTimeoutMs,
  );
  const entry = await newHistory(context, 'switchover', newestBefore);
  // Acknowledgements of the old primary may come in after the first of the new one; they are not later writes.
  const last = ledger.lastOn(old.serverId, first.atMs) ?? first;
  return {
    kind: 'switchover',
    downtimeMs: round(first.atMs - last.atMs),
    phasesMs: phasesSince(entry.at, entry, { lastWrite: wallMs(last.atMs), firstWrite: wallMs(first.atMs) }),
    from: old.address,
    to: addressOf(context, first.serverId),
  };
}

/** Starts a killed server again; resolves to the milliseconds until it is back in the read pool. */
export async function rejoin(
  context: SceneContext,
  server: MysqlServer,
  timeoutMs = rejoinTimeoutMs,
): Promise<number> {
  const startedAtMs = performance.now();
  if (!server.running) await server.start();
  await waitFor(
    context,
    `${server.address} did not come back into the read pool`,
    async () => ((await context.stack.tree.route())?.read.includes(server.address) ? true : undefined),
    timeoutMs,
    50,
  );
  return performance.now() - startedAtMs;
}

/** kill -9 of the engine that owns the group; resolves to who took over, and after how many milliseconds. */
export async function killOwner(
  context: SceneContext,
): Promise<{ killed: string; owner: string; tookMs: number }> {
  const { stack } = context;
  const killed = await waitFor(
    context,
    'no engine owned the group',
    () => stack.tree.owner(),
    takeOverTimeoutMs,
  );
  const engine = stack.engines.find(({ name }) => name === killed);
  if (!engine) throw new SandboxError('NO_SUCH_SERVER', `the owner ${killed} is no engine of this demo`);
  const atMs = performance.now();
  await engine.kill();
  const owner = await waitFor(
    context,
    `no other engine took over from ${killed}`,
    async () => {
      const now = await stack.tree.owner();
      return now !== undefined && now !== killed ? now : undefined;
    },
    takeOverTimeoutMs,
  );
  return { killed, owner, tookMs: performance.now() - atMs };
}

/** Fails at once when the engine says that it did not carry the operation out. */
async function firstWriteElsewhere(
  context: SceneContext,
  operation: { readonly kind: string; readonly old: MysqlServer; readonly newestBefore: string },
  afterMs: number,
  timeoutMs: number,
): Promise<AcknowledgedWrite> {
  const { kind, old, newestBefore } = operation;
  let lookAtMs = performance.now() + historyPollMs;
  return waitFor(
    context,
    `no server other than ${old.address} acknowledged a write`,
    async () => {
      if (performance.now() > lookAtMs) {
        lookAtMs = performance.now() + historyPollMs;
        const entries = await context.stack.tree.historySince(newestBefore);
        const other = entries.find((entry) => entry.kind === kind && entry.result !== 'done');
        if (other) throw new SceneFailedError(`the ${kind} was ${other.result}: ${other.reason}`);
      }
      return context.ledger.firstElsewhere(old.serverId, afterMs);
    },
    timeoutMs,
    5,
  );
}

async function newHistory(context: SceneContext, kind: string, newestBefore: string): Promise<HistoryEntry> {
  return waitFor(
    context,
    `no ${kind} that was carried out came into the history of the group`,
    async () => {
      const entries = await context.stack.tree.historySince(newestBefore);
      return entries.find((entry) => entry.kind === kind && entry.result === 'done');
    },
    historyTimeoutMs,
  );
}

function addressOf({ stack }: SceneContext, serverId: number): string {
  const server = stack.servers.servers.find((candidate) => candidate.serverId === serverId);
  return server?.address ?? `server_id ${serverId}`;
}

const round = (ms: number): number => Math.round(ms * 10) / 10;
