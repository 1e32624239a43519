import { randomBytes } from 'node:crypto';
import { beyond, countOf, covers } from '../core/gtids.js';
import type { GroupView, MemberKey, ServerState } from '../core/model.js';
import type { Deadline, Tail } from '../ports.js';
import { settle, stepTimeoutMs, type OperationContext } from './context.js';
import { ackersOf } from './promote.js';
import type { Recorder } from './recorder.js';

/** With semi-sync nothing acknowledged can be missing: the tail is taken when it is there at once. */
const semisyncTailMs = 250;
const sliceMs = 1_000;
/** The receiver reports an error for so many looks in a row before the source is given up. */
const errorsMax = 5;

export type TailOffer =
  | { readonly kind: 'served'; readonly tail: Tail }
  /** Not wanted, or it cannot be had: why. */
  | { readonly kind: 'none'; readonly wanted: boolean; readonly reason: string };

/**
 * Asks the agent of the dead primary to serve what its disk holds. `gone` tells whether the process is known to be gone:
 * the binlog of a running server is not read.
 */
export async function askForTail(
  context: OperationContext,
  recorder: Recorder,
  view: GroupView,
  gone: Promise<boolean>,
): Promise<TailOffer> {
  const { policy } = view;
  const { oldPrimary, epoch } = recorder.journal;
  if (policy.tailRecovery === 'off') {
    return { kind: 'none', wanted: false, reason: 'the policy says tailRecovery: off' };
  }
  const unavailable = (reason: string): TailOffer => ({ kind: 'none', wanted: true, reason });
  const agent = context.agent(oldPrimary);
  if (agent === null) return unavailable(`the agent of ${oldPrimary} is not there`);

  const hurried = policy.tailRecovery === 'best-effort' && ackersOf(view) !== null;
  const budgetMs = hurried ? Math.min(semisyncTailMs, policy.tailTimeoutMs) : policy.tailTimeoutMs;
  const over = new AbortController();
  const late = context.clock.sleep(budgetMs, over.signal).then(() => null);
  const asked = (async () => {
    if (!(await gone)) return unavailable(`the process of ${oldPrimary} is not known to be gone`);
    const password = randomBytes(24).toString('base64url');
    const login = { user: 'dcmha_tail', password };
    const started = await settle(agent.startTail(oldPrimary, epoch, login, { timeoutMs: budgetMs }));
    if (!started.ok) return unavailable(started.error.message);
    const { value: tail } = started;
    if (tail.torn !== null) recorder.note(`${oldPrimary}: ${tail.torn}`);
    return { kind: 'served', tail } as const;
  })();
  try {
    return (await Promise.race([asked, late])) ?? unavailable(`no answer within ${budgetMs} ms`);
  } finally {
    over.abort();
  }
}

/** Nothing waits for it; the agent ends by itself too, when the server comes back. */
export function endTail(context: OperationContext, recorder: Recorder): void {
  const { oldPrimary, epoch } = recorder.journal;
  const agent = context.agent(oldPrimary);
  if (agent === null) return;
  void settle(agent.stopTail(oldPrimary, epoch, { timeoutMs: stepTimeoutMs })).then((ended) => {
    if (!ended.ok)
      context.log.warn(`the tail source of ${oldPrimary} was not told to end: ${ended.error.message}`);
  });
}

/**
 * Waits until a member has fetched and applied a set from whomever its receiver was pointed at, and stops its receiver.
 * @throws Error when it cannot: why, and how many transactions it still lacks.
 */
export async function waitFetched(
  context: OperationContext,
  member: MemberKey,
  set: string,
  { timeoutMs }: Deadline,
): Promise<ServerState> {
  const server = context.server(member);
  const endMs = context.clock.monotonicMs() + timeoutMs;
  const looksMax = Math.ceil(timeoutMs / sliceMs) + errorsMax;
  let problem = '';
  let errors = 0;
  let state: ServerState | null = null;
  for (let looks = 0; looks < looksMax; looks += 1) {
    const leftMs = Math.max(1, endMs - context.clock.monotonicMs());
    // A server that is busy with a large transaction may answer late: that is no reason to give up.
    const arrived = await settle(server.waitForGtids(set, { timeoutMs: Math.min(sliceMs, leftMs) }));
    const read = await settle(server.read({ timeoutMs: stepTimeoutMs }));
    if (!read.ok) {
      problem = read.error.message;
      errors += 1;
      if (errors >= errorsMax || context.clock.monotonicMs() >= endMs) break;
      continue;
    }
    state = read.value;
    if ((arrived.ok && arrived.value) || covers(state.gtidExecuted, set)) {
      await server.stopReceiver({ timeoutMs: stepTimeoutMs });
      return state;
    }
    const { channel } = state;
    if (channel === null) throw new Error(`${member} does not replicate any more`);
    if (channel.applierError !== '') throw new Error(`its applier stopped: ${channel.applierError}`);
    problem = channel.receiver === 'running' ? '' : channel.receiverError;
    errors = problem === '' ? 0 : errors + 1;
    if (errors >= errorsMax || (problem !== '' && channel.receiver === 'stopped')) break;
    if (context.clock.monotonicMs() >= endMs) break;
    context.log.info(
      `${member} lacks ${countOf(beyond(set, state.gtidExecuted))} transactions of the tail, ${Math.round(leftMs / 1000)} s left`,
      { group: context.group },
    );
  }
  const lacks = state === null ? 'all' : String(countOf(beyond(set, state.gtidExecuted)));
  throw new Error(
    problem === ''
      ? `${lacks} transactions are missing after ${timeoutMs} ms`
      : `${lacks} transactions are missing, and its receiver says: ${problem}`,
  );
}
