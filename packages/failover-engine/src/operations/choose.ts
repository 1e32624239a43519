import { acknowledgedElsewhere } from '../core/acknowledged-elsewhere.js';
import { chooseCandidate, type ChooseOptions } from '../core/candidates.js';
import { planCatchUp, type CatchUp } from '../core/catch-up.js';
import { beyond, countOf, covers, union } from '../core/gtids.js';
import {
  isUsable,
  type GroupView,
  type MemberKey,
  type MemberView,
  type ServerState,
} from '../core/model.js';
import type { Tail } from '../ports.js';
import { settle, stepTimeoutMs, type OperationContext, type Settled } from './context.js';
import { ackersOf, follow } from './promote.js';
import type { Recorder } from './recorder.js';
import { waitFetched, type TailOffer } from './tail.js';

/** A replica after its receiver was told to stop. */
export interface Revoked {
  readonly key: MemberKey;
  /** Its receiver no longer runs: it acknowledges nothing to the old primary. */
  readonly stopped: boolean;
  readonly state: ServerState | null;
  readonly problem: string | null;
}

export type Drained =
  | { readonly member: MemberKey; readonly state: ServerState; readonly reason: string }
  | { readonly member: null; readonly reason: string };

/** With semi-sync only what nobody was told of can be missing: the group does not stand still for long for it. */
const semisyncFetchMs = 5_000;

/**
 * Chooses by what each member has received, or can fetch from the dead primary's disk, then lets the chosen one apply all
 * of it. The others may be repointed with unapplied relay log: the chosen one has every transaction of it, and nobody is
 * chosen who has not.
 */
export async function chooseAndDrain(
  context: OperationContext,
  recorder: Recorder,
  view: GroupView,
  revoked: readonly Revoked[],
  offered: Promise<TailOffer>,
): Promise<Drained> {
  const members = asReceived(view, revoked);
  // While its agent answers: what the likely one has received must be applied in any case.
  const likely = chooseCandidate({ ...view, members }, chooseOptions(recorder, view, new Set())).chosen;
  const received = members.find((m) => m.key === likely)?.state;
  const [offer, early] = await Promise.all([
    offered,
    likely === null || received == null ? null : drain(context, view, likely, received),
  ]);
  const drained = new Map(likely === null || early === null ? [] : [[likely, early]]);
  const mayLose = view.policy.tailRecovery !== 'required' || recorder.journal.allowDataLoss;
  if (offer.kind === 'served') {
    const fetched = await fetchTail(context, recorder, { ...view, members }, offer.tail);
    if (fetched !== null && (fetched.member !== null || !mayLose)) return fetched;
    if (fetched !== null) {
      recorder.note(`goes on without the tail: ${fetched.reason}`);
      return chooseAmong(context, recorder, { ...view, members: await lookAgain(context, members) });
    }
  } else if (offer.wanted) {
    const missing = `the binlog of ${recorder.journal.oldPrimary} cannot be read: ${offer.reason}`;
    if (!mayLose) {
      return {
        member: null,
        reason: `${missing}; the policy says tailRecovery: required. Bring the host back, or fail over by hand and accept the loss`,
      };
    }
    if (ackersOf(view) === null) recorder.note(`${missing}; what no replica had received stays on its disk`);
  }
  return chooseAmong(context, recorder, { ...view, members }, drained);
}

/** The members with what each has received as if it had applied it. */
function asReceived(view: GroupView, revoked: readonly Revoked[]): MemberView[] {
  return view.members.map((m): MemberView => {
    const found = revoked.find((r) => r.key === m.key);
    if (found === undefined) return m;
    if (found.state === null)
      return { ...m, state: null, probe: { ...m.probe, outcome: 'unknown', detail: found.problem ?? '' } };
    return { ...m, state: withReceived(found.state), probe: { ...m.probe, outcome: 'alive' } };
  });
}

function withReceived(state: ServerState): ServerState {
  return { ...state, gtidExecuted: union(state.gtidExecuted, state.channel?.receivedGtids ?? '') };
}

/** Somebody may have fetched a part before it failed. */
async function lookAgain(context: OperationContext, members: readonly MemberView[]): Promise<MemberView[]> {
  return Promise.all(
    members.map(async (m): Promise<MemberView> => {
      if (!isUsable(m)) return m;
      await settle(context.server(m.key).stopReceiver({ timeoutMs: stepTimeoutMs }));
      const state = await settle(context.server(m.key).read({ timeoutMs: stepTimeoutMs }));
      if (state.ok) return { ...m, state: withReceived(state.value) };
      return { ...m, state: null, probe: { ...m.probe, outcome: 'unknown', detail: state.error.message } };
    }),
  );
}

function chooseOptions(
  recorder: Recorder,
  view: GroupView,
  passedOver: ReadonlySet<MemberKey>,
): ChooseOptions {
  const { oldPrimary, target, allowDataLoss } = recorder.journal;
  const lastSeen = view.members.find((m) => m.key === oldPrimary)?.state ?? null;
  return {
    replaces: oldPrimary,
    passedOver,
    allowDataLoss,
    ...(target === null ? {} : { target }),
    ...(lastSeen === null ? {} : { oldPrimary: lastSeen }),
  };
}

/** `null` when nothing has to be fetched: some member has it all. */
async function fetchTail(
  context: OperationContext,
  recorder: Recorder,
  view: GroupView,
  tail: Tail,
): Promise<Drained | null> {
  const others = view.members.filter((m) => m.key !== recorder.journal.oldPrimary);
  if (others.some((m) => isUsable(m) && covers(m.state.gtidExecuted, tail.gtidExecuted))) return null;
  const { policy } = view;
  const hurried = ackersOf(view) !== null && policy.tailRecovery !== 'required';
  const budgetMs = hurried ? Math.min(semisyncFetchMs, policy.tailTimeoutMs) : policy.tailTimeoutMs;
  const endMs = context.clock.monotonicMs() + budgetMs;

  // As if each had fetched it already.
  const members = view.members.map((m) => {
    if (!isUsable(m) || m.key === recorder.journal.oldPrimary) return m;
    if (!covers(m.state.gtidExecuted, tail.gtidPurged)) return m;
    return { ...m, state: { ...m.state, gtidExecuted: union(m.state.gtidExecuted, tail.gtidExecuted) } };
  });
  const passedOver = new Set<MemberKey>();
  let problem = 'nobody could fetch it';
  for (let tries = 0; tries < members.length; tries += 1) {
    const options = chooseOptions(recorder, view, passedOver);
    const choice = chooseCandidate(
      { ...view, members },
      {
        ...options,
        ...(options.oldPrimary === undefined
          ? {}
          : { oldPrimary: { ...options.oldPrimary, gtidExecuted: tail.gtidExecuted } }),
      },
    );
    if (choice.chosen === null)
      return { member: null, reason: passedOver.size > 0 ? problem : choice.reason };
    const { chosen } = choice;
    const received = view.members.find((m) => m.key === chosen)?.state;
    if (received == null) return { member: null, reason: problem };
    if (!covers(received.gtidExecuted, tail.gtidPurged)) {
      const purged = beyond(tail.gtidPurged, received.gtidExecuted);
      return {
        member: null,
        reason: `nobody can fetch it: ${chosen} lacks ${purged}, which is purged there`,
      };
    }
    const missing = beyond(tail.gtidExecuted, received.gtidExecuted);
    recorder.note(
      `${chosen} fetches ${countOf(missing)} transactions (${missing}) from the disk of ${recorder.journal.oldPrimary}`,
    );
    const done = await settle(
      (async () => {
        const state = await drain(context, view, chosen, received);
        if (!state.ok) throw state.error;
        recorder.mark('drained');
        const server = context.server(chosen);
        await server.fetchFrom(tail.source, {
          timeoutMs: stepTimeoutMs,
          heartbeatPeriodMs: policy.heartbeatPeriodMs,
          durability: policy.replicaDurability,
        });
        const leftMs = Math.max(1, endMs - context.clock.monotonicMs());
        return waitFetched(context, chosen, tail.gtidExecuted, { timeoutMs: leftMs });
      })(),
    );
    if (done.ok) {
      recorder.mark('tailed');
      return { member: chosen, state: done.value, reason: `${choice.reason}, the tail included` };
    }
    problem = `${chosen} did not fetch the tail: ${done.error.message}`;
    recorder.note(problem);
    passedOver.add(chosen);
    if (context.clock.monotonicMs() >= endMs) break;
  }
  return { member: null, reason: problem };
}

async function chooseAmong(
  context: OperationContext,
  recorder: Recorder,
  view: GroupView,
  /** Who has been tried already, and what came of it. */
  drained: ReadonlyMap<MemberKey, Settled<ServerState>> = new Map(),
): Promise<Drained> {
  const elsewhere = acknowledgedElsewhere(view, view.members, recorder.journal.oldPrimary);
  if (elsewhere !== null) {
    if (!recorder.journal.allowDataLoss) return { member: null, reason: elsewhere };
    recorder.note(`accepted by hand: ${elsewhere}`);
  }
  const passedOver = new Set<MemberKey>();
  let mayCatchUp = true;
  for (let tries = 0; tries <= view.members.length; tries += 1) {
    const options = chooseOptions(recorder, view, passedOver);
    const choice = chooseCandidate(view, options);
    for (const refused of choice.refused) recorder.notes.push(`${refused.member} ${refused.reason}`);
    const plan = mayCatchUp ? planCatchUp(view, options, choice) : null;
    if (plan !== null) {
      mayCatchUp = false;
      const caught = await settle(catchUp(context, recorder, view, plan));
      if (caught.ok) return { member: plan.member, state: caught.value, reason: plan.reason };
      recorder.note(`${plan.member} did not catch up from ${plan.source}: ${caught.error.message}`);
      if (plan.needed) return { member: null, reason: choice.reason };
    }
    const received = view.members.find((m) => m.key === choice.chosen)?.state;
    if (choice.chosen === null || received == null) return { member: null, reason: choice.reason };
    const state = drained.get(choice.chosen) ?? (await drain(context, view, choice.chosen, received));
    if (state.ok) {
      recorder.mark('drained');
      return { member: choice.chosen, state: state.value, reason: choice.reason };
    }
    // Passed over, not forgotten: whoever is chosen instead must have all that it had received.
    recorder.note(`${choice.chosen} is passed over: ${state.error.message}`);
    passedOver.add(choice.chosen);
  }
  return { member: null, reason: 'every candidate failed while it applied its relay log' };
}

/** The preferred member gets what it lacks from a more complete one. */
async function catchUp(
  context: OperationContext,
  recorder: Recorder,
  view: GroupView,
  plan: CatchUp,
): Promise<ServerState> {
  const timeoutMs = plan.needed ? view.policy.relayApplyTimeoutMs : view.policy.catchUpTimeoutMs;
  if (timeoutMs === 0) throw new Error('the policy says catchUpTimeoutMs: 0');
  recorder.note(`${plan.member} catches up from ${plan.source}: ${plan.reason}`);
  for (const key of [plan.source, plan.member]) {
    const received = view.members.find((m) => m.key === key)?.state;
    if (received == null) throw new Error(`${key} does not answer any more`);
    const drained = await drain(context, view, key, received);
    if (!drained.ok) throw new Error(`${key}: ${drained.error.message}`);
  }
  recorder.mark('drained');
  await follow(context, view, plan.member, plan.source);
  const state = await waitFetched(context, plan.member, plan.set, { timeoutMs });
  recorder.mark('caughtUp');
  return state;
}

async function drain(
  context: OperationContext,
  view: GroupView,
  member: MemberKey,
  received: ServerState,
): Promise<Settled<ServerState>> {
  const server = context.server(member);
  const timeoutMs = view.policy.relayApplyTimeoutMs;
  return settle(
    (async (): Promise<ServerState> => {
      if (received.channel?.applier === 'stopped') await server.startApplier({ timeoutMs: stepTimeoutMs });
      // Sooner without flushing each commit; it is made durable again before it is opened.
      await settle(server.relax({ timeoutMs: stepTimeoutMs }));
      if (!(await server.waitForGtids(received.gtidExecuted, { timeoutMs }))) {
        throw new Error(`it did not apply the relay log it had received within ${timeoutMs} ms`);
      }
      const state = await server.read({ timeoutMs: stepTimeoutMs });
      // It came up again meanwhile: by its word the old primary may have stayed open (fencing "failsafe").
      if (state.channel?.source === view.primary?.primary && state.channel?.receiver !== 'stopped') {
        throw new Error('it receives from the old primary again, although it was told to stop');
      }
      return state;
    })(),
  );
}
