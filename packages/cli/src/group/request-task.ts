import { isZooKeeperError } from '@dcmha/zk-client';
import type { NodeValue, Store, Stored } from '@dcmha/zk-schema';
import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';
import { requestedBy } from '../operator/requested-by.js';
import { moment } from '../output/time.js';
import { requireGroup } from './require-group.js';

export interface TaskRequest {
  readonly group: string;
  readonly kind: 'switchover' | 'failover' | 'adopt';
  /** The server that it is about: one of the group. */
  readonly target?: string | undefined;
  /** What else the engine is to know. */
  readonly args?: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** An engine that takes the task up later must refuse it: nobody expects it any more. */
  readonly notAfterMs: number;
  /** It is asked for while nobody may look after the group. */
  readonly later?: boolean;
}

/** Asks the engine for something. @throws {CliError} when it could not be carried out anyway */
export async function requestTask(
  store: Store,
  { group, kind, target, args = {}, env, notAfterMs, later = false }: TaskRequest,
): Promise<{ task: string; engine: string }> {
  const meta = await requireGroup(store, group);
  const [master, white, owner] = await Promise.all([
    store.master.read({ group }),
    store.white.read({ group }),
    store.engineOwner.read({ group }),
  ]);
  if (target !== undefined && !meta.value.members.includes(target)) {
    throw new CliError(`${target} is no member of "${group}"`, {
      expected: `expected one of ${meta.value.members.join(', ')}`,
    });
  }
  if (kind !== 'adopt') refuseNow(group, target, master, later ? null : white);
  if (owner === null && !later) {
    throw new CliError(`no engine looks after "${group}"`, {
      expected: `expected one that could carry the ${kind} out`,
      remedy: 'start one: dcmha engine --config FILE',
      exitCode: ExitCode.unreachable,
    });
  }
  const { name } = await store.task.append(
    {},
    {
      kind,
      group,
      requestedBy: requestedBy(env),
      requestedAtMs: Date.now(),
      args: { ...(target === undefined ? {} : { target }), ...args, notAfterMs },
    },
  );
  return { task: name, engine: owner?.value.engine ?? 'none' };
}

function refuseNow(
  group: string,
  target: string | undefined,
  master: Stored<'master'> | null,
  white: Stored<'white'> | null,
): void {
  if (target !== undefined && master?.value.primary === target) {
    throw new CliError(`${target} is the primary of "${group}" already`, {
      expected: 'expected one of its replicas',
    });
  }
  if (white === null) return;
  const { by, reason, sinceMs } = white.value;
  throw new CliError(`"${group}" is in maintenance, by ${by} since ${moment(sinceMs)}: ${reason}`, {
    remedy: `end it first: dcmha maintenance off ${group}`,
  });
}

export interface WaitOptions {
  readonly group: string;
  readonly task: string;
  /** For messages: `switchover`. */
  readonly what: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onStep: (step: string) => void;
}

/** What the engine wrote into the history about the task. @throws {CliError} `ExitCode.timedOut` */
export async function waitForResult(store: Store, options: WaitOptions): Promise<NodeValue<'history'>> {
  const { group, task, what, timeoutMs, signal, onStep } = options;
  let lastStep = '';
  let done: (value: NodeValue<'history'>) => void;
  let fail: (error: unknown) => void;
  const result = new Promise<NodeValue<'history'>>((resolve, reject) => {
    done = resolve;
    fail = reject;
  });
  result.catch(() => {});
  const seen = new Set<string>();
  const look = async (
    entries: readonly { readonly group: string; readonly entry: string }[],
  ): Promise<void> => {
    for (const params of [...entries].reverse()) {
      if (seen.has(params.entry)) continue;
      seen.add(params.entry);
      const stored = await store.history.read(params);
      if (stored?.value.task === task) done(stored.value);
    }
  };
  const timer = setTimeout(() => void giveUp(store, options).then(fail, fail), timeoutMs);
  const interrupted = (): void =>
    fail(
      new CliError(`stopped waiting for ${task}`, {
        remedy: `the ${what} may still happen: dcmha history ${group}`,
        exitCode: ExitCode.interrupted,
      }),
    );
  signal.addEventListener('abort', interrupted, { once: true });
  const watches = await Promise.all([
    store.history.watchList({ group }, (update) => {
      if (update.kind === 'list') look(update.listing.nodes).catch((error: unknown) => fail(error));
      if (update.kind === 'failed') fail(update.error);
      if (update.kind === 'lost') fail(sessionLost(task, what, group));
    }),
    store.journal.watch({ group }, (update) => {
      if (update.kind !== 'value' || update.stored === null) return;
      const { operation, step } = update.stored.value;
      if (step === lastStep) return;
      lastStep = step;
      onStep(`${operation}: ${step}`);
    }),
  ]);
  try {
    return await result;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', interrupted);
    await Promise.all(watches.map((watch) => watch.stop()));
  }
}

/** Takes the task back where it was not begun, so that nothing happens when nobody expects it any more. */
async function giveUp(store: Store, { group, task, what, timeoutMs }: WaitOptions): Promise<CliError> {
  const withdrawn = await withdraw(store, group, task);
  return new CliError(`the ${what} of "${group}" has no result after ${timeoutMs} ms`, {
    remedy: withdrawn
      ? 'the engine had not begun it, and it was taken back; look at dcmha explain'
      : `it may still happen: dcmha history ${group}`,
    exitCode: ExitCode.timedOut,
  });
}

/** True when the task is gone and was not begun; nothing of the group is under way then. */
export async function withdraw(store: Store, group: string, task: string): Promise<boolean> {
  const journal = store.journal.path({ group });
  try {
    // Creating and deleting the journal in the same multi asserts that there is none: no operation has begun.
    await store.zk.multi([
      { type: 'create', path: journal, data: '' },
      { type: 'delete', path: journal },
      { type: 'delete', path: store.task.path({ name: task }) },
    ]);
    return true;
  } catch (error) {
    if (isZooKeeperError(error)) return false;
    throw error;
  }
}

const sessionLost = (task: string, what: string, group: string): CliError =>
  new CliError(`the ZooKeeper session was lost while waiting for ${task}`, {
    remedy: `the ${what} may still happen: dcmha history ${group}`,
    exitCode: ExitCode.unreachable,
  });
