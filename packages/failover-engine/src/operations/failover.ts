import type { Evaluation } from '../core/decide.js';
import { semisyncForeverMs } from '../core/diagnosis/catalogue.js';
import type { Journal } from '../core/journal.js';
import type { GroupView, MemberKey, MemberView, ServerState } from '../core/model.js';
import type { GroupRecords } from '../ports.js';
import { chooseAndDrain, type Revoked } from './choose.js';
import { settle, stepTimeoutMs, type OperationContext, type OperationOutcome } from './context.js';
import { lossBetween, lossText, type FailoverRequest } from './manual-failover.js';
import { finishPromotion, others, prepare, primaryRecord, standDown, startReceivers } from './promote.js';
import { Recorder } from './recorder.js';
import { askForTail, endTail } from './tail.js';

const probeTimeoutMs = 500;
const probePauseMs = 20;
const leasePollMs = 50;
/** Ending a process that hangs frees its memory first, which takes a while. */
const endHungTimeoutMs = 5_000;

/**
 * Starts the failover that `evaluate` decided on, or that a person asks for (`request`; see `planFailover`). Refuses when
 * the records have changed since.
 */
export async function startFailover(
  context: OperationContext,
  from: MemberKey,
  evaluation: Pick<Evaluation, 'reason'>,
  id: string,
  request: Omit<FailoverRequest, 'id'> | null = null,
): Promise<OperationOutcome> {
  const startedAtMs = context.clock.wallMs();
  const records = await context.ledger.read({ timeoutMs: stepTimeoutMs });
  const changed = whatChanged(records, from);
  if (changed !== null || records.primary === null) {
    return { result: 'refused', reason: `no failover from ${from}: ${changed}`, phasesMs: {} };
  }
  const recorder = new Recorder(
    context,
    {
      operation: 'failover',
      id,
      step: 'closing',
      epoch: Math.max(records.primary.epoch, records.route?.epoch ?? 0) + 1,
      oldPrimary: from,
      candidate: null,
      owner: context.engineId,
      startedAtMs,
      phasesMs: {},
      reason: evaluation.reason,
      requestedBy: request?.requestedBy ?? null,
      task: request?.task ?? null,
      target: request?.target ?? null,
      allowDataLoss: request?.allowDataLoss ?? false,
    },
    records,
  );
  recorder.mark('detected');
  await recorder.enter('closing', {
    route: { write: null, read: recorder.readersWithout(from), reason: `failover from ${from}` },
    ...(request === null || request.task === null ? {} : { requiredTask: request.task }),
  });
  recorder.mark('confirmed');
  return closeAndChoose(context, recorder);
}

/** Goes on with a failover that some engine, perhaps this one, left unfinished. */
export async function resumeFailover(
  context: OperationContext,
  journal: Journal,
  records: GroupRecords,
): Promise<OperationOutcome> {
  const recorder = new Recorder(context, journal, records);
  recorder.note(`resumed by ${context.engineId} at step ${journal.step}, left there by ${journal.owner}`);
  if (journal.step === 'closing') {
    await recorder.enter('closing');
    return closeAndChoose(context, recorder);
  }
  if (journal.step === 'standing-down') {
    const replicas = others(context.view(), journal.oldPrimary).map((m) => m.key);
    return standDown(context, recorder, replicas, journal.reason);
  }
  await recorder.enter(journal.step);
  const followers = others(context.view(), recorder.candidate, journal.oldPrimary).map((m) => m.key);
  return finishPromotion(context, recorder, followers, false);
}

function whatChanged(records: GroupRecords, from: MemberKey): string | null {
  if (records.primary?.primary !== from) return `the primary is now ${records.primary?.primary ?? 'nobody'}`;
  if (records.maintenance !== null) return `maintenance by ${records.maintenance.by} has begun`;
  if (records.journal !== null) return `${records.journal.operation} ${records.journal.id} is under way`;
  return null;
}

async function closeAndChoose(context: OperationContext, recorder: Recorder): Promise<OperationOutcome> {
  const { oldPrimary, epoch } = recorder.journal;
  const view = context.view();
  const replicas = others(view, oldPrimary);
  const keys = replicas.map((m) => m.key);

  const decided = new AbortController();
  const old = watchForReturn(context, oldPrimary, decided.signal);
  const unrouted = waitUnrouted(context, recorder, view);
  try {
    const closing = closeThroughAgent(context, view, oldPrimary, epoch);
    const offer = askForTail(
      context,
      recorder,
      view,
      closing.then((closed) => closed === 'process-gone'),
    );
    const revoked = await Promise.all(replicas.map((member) => stopReceiving(context, member)));
    for (const r of revoked) if (r.problem !== null) recorder.note(r.problem);
    recorder.mark('revoked');

    const danger = await whyNotClosed(context, recorder, view, revoked, closing, unrouted);
    if (danger !== null) recorder.note(danger);
    recorder.mark('fenced');

    const choice = await chooseAndDrain(context, recorder, view, revoked, offer);
    if (old.hasReturned()) return await standDown(context, recorder, keys, `${oldPrimary} answers again`);
    if (choice.member === null) {
      await startReceivers(context, recorder, keys);
      return await recorder.finish('failed', choice.reason);
    }
    const loss = whatNobodyAccepted(recorder, view, choice.state);
    if (loss !== null) {
      await startReceivers(context, recorder, keys);
      return await recorder.finish('failed', loss);
    }
    // It has applied everything: it can be made ready, closed, while it is being recorded.
    const ready = settle(prepare(context, choice.member));
    await recorder.enter(
      'promoting',
      {
        primary: primaryRecord(context, choice.member, epoch, choice.state),
        takeover: { oldPrimary, newPrimary: choice.member, gtidExecuted: choice.state.gtidExecuted },
      },
      choice.member,
    );
    const prepared = (await ready).ok;
    recorder.mark('chosen');
    const followers = revoked.filter((r) => r.state !== null && r.key !== choice.member).map((r) => r.key);
    return await finishPromotion(context, recorder, followers, prepared);
  } finally {
    decided.abort();
    endTail(context, recorder);
  }
}

/** A person who asked for a failover without accepting losses is not given one that loses what is known to be missing. */
function whatNobodyAccepted(
  { journal: { requestedBy, allowDataLoss, oldPrimary } }: Recorder,
  view: GroupView,
  chosen: ServerState,
): string | null {
  const last = view.members.find((m) => m.key === oldPrimary)?.state;
  if (requestedBy === null || allowDataLoss || last == null) return null;
  const loss = lossBetween(last.gtidExecuted, chosen.gtidExecuted);
  return loss === null ? null : `${lossText(oldPrimary, loss)}; accept it with allow-data-loss`;
}

async function stopReceiving(context: OperationContext, member: MemberView): Promise<Revoked> {
  const { key } = member;
  if (member.probe.outcome !== 'alive' && member.probe.outcome !== 'unknown') {
    return {
      key,
      stopped: false,
      state: null,
      problem: `${key} is ${member.probe.outcome}: ${member.probe.detail}`,
    };
  }
  const server = context.server(key);
  const stopped = await settle(server.stopReceiver({ timeoutMs: stepTimeoutMs }));
  if (!stopped.ok) {
    return {
      key,
      stopped: false,
      state: null,
      problem: `${key}: its receiver could not be stopped: ${stopped.error.message}`,
    };
  }
  const state = await settle(server.read({ timeoutMs: stepTimeoutMs }));
  if (!state.ok) return { key, stopped: true, state: null, problem: `${key}: ${state.error.message}` };
  const receiver = state.value.channel?.receiver ?? 'stopped';
  return {
    key,
    stopped: receiver === 'stopped',
    state: state.value,
    problem: receiver === 'stopped' ? null : `${key}: its receiver is ${receiver} after it was stopped`,
  };
}

async function closeThroughAgent(
  context: OperationContext,
  view: GroupView,
  oldPrimary: MemberKey,
  epoch: number,
): Promise<'closed' | 'process-gone' | null> {
  const member = view.members.find((m) => m.key === oldPrimary);
  if (member?.agent.up === true && member.agent.mysqld === 'down') return 'process-gone';
  const agent = context.agent(oldPrimary);
  if (agent === null) return null;
  const endHung = view.policy.hungPrimary === 'end';
  const timeoutMs = endHung ? endHungTimeoutMs : 1_000;
  const closed = await settle(agent.close(oldPrimary, epoch, { timeoutMs, endHung }));
  return closed.ok ? closed.value : null;
}

async function waitUnrouted(context: OperationContext, recorder: Recorder, view: GroupView): Promise<void> {
  const waited = await settle(
    context.ledger.waitRouterAcks(recorder.route?.version ?? 0, {
      timeoutMs: view.policy.routerAckTimeoutMs,
    }),
  );
  if (waited.ok && waited.value) recorder.mark('unrouted');
}

/**
 * Whichever is known first closes the old primary: its agent (process gone, or closed by it), or its acknowledgements
 * revoked (semi-sync: so many receivers stopped that it cannot gather enough). With neither, its agent's lease is
 * waited out, or with fencing `none` the routers are, and what that risks is returned.
 */
async function whyNotClosed(
  context: OperationContext,
  recorder: Recorder,
  view: GroupView,
  revoked: readonly Revoked[],
  closing: Promise<'closed' | 'process-gone' | null>,
  unrouted: Promise<void>,
): Promise<string | null> {
  const { oldPrimary } = recorder.journal;
  const ackers = revocableAckers(view, oldPrimary);
  if (ackers !== null && view.members.length - 1 - revoked.filter((r) => r.stopped).length < ackers)
    return null;
  if ((await closing) !== null) return null;
  await unrouted;
  if (view.policy.fencing === 'none') {
    return `${oldPrimary} could not be closed and the policy says fencing: none; whoever still reaches it may write to it`;
  }
  await waitLeaseOver(context, recorder, view);
  return null;
}

/**
 * The agent closes its server before its ZooKeeper session can expire: once its node is gone, or could not have lived so
 * long, the lease is over. With fencing `failsafe` it may go on for a while after that, on the word of the other agents;
 * none of them gives it while the receiver of its server is stopped (docs/architecture.md).
 */
async function waitLeaseOver(context: OperationContext, recorder: Recorder, view: GroupView): Promise<void> {
  const { oldPrimary } = recorder.journal;
  const { fencing, leaseMs } = view.policy;
  const endMs = context.clock.monotonicMs() + leaseMs;
  const held = (): boolean =>
    fencing === 'failsafe' || context.view().members.find((m) => m.key === oldPrimary)?.agent.up === true;
  if (!held()) return;
  recorder.note(
    `waiting at most ${leaseMs} ms until the lease of ${oldPrimary} has run out: its agent does not answer`,
  );
  while (held() && context.clock.monotonicMs() < endMs) await context.clock.sleep(leasePollMs);
}

/**
 * Acknowledgements without which the old primary can tell nobody of a commit; `null` where it goes on without them after
 * a while, by the policy or by what it was last seen to be set to.
 */
function revocableAckers(view: GroupView, oldPrimary: MemberKey): number | null {
  const { durability } = view.policy;
  if (durability.mode !== 'semisync' || durability.fallbackMs !== undefined) return null;
  const semisync = view.members.find((m) => m.key === oldPrimary)?.state?.semisync;
  if (semisync === undefined) return durability.ackers;
  const { sourceEnabled, timeoutMs = null, waitForAckers = durability.ackers } = semisync;
  if (!sourceEnabled || (timeoutMs !== null && timeoutMs < semisyncForeverMs)) return null;
  return Math.min(waitForAckers, durability.ackers);
}

/** Its storage takes no commits: that it answers a ping does not make it a primary. */
function commitsStall(context: OperationContext, member: MemberKey): boolean {
  const { stalled = null } = context.view().members.find((m) => m.key === member)?.agent ?? {};
  return stalled !== null && stalled.reason !== 'lock';
}

/** Keeps asking the old primary until the operation has decided: an answer means that it is not dead after all. */
function watchForReturn(context: OperationContext, oldPrimary: MemberKey, decided: AbortSignal) {
  let answered = false;
  const run = async (): Promise<void> => {
    while (!decided.aborted && !answered) {
      const { outcome } = await context
        .server(oldPrimary)
        .probe({ timeoutMs: probeTimeoutMs, signal: decided });
      if (outcome === 'alive' && !decided.aborted && !commitsStall(context, oldPrimary)) answered = true;
      else await context.clock.sleep(probePauseMs, decided);
    }
  };
  void run();
  return { hasReturned: (): boolean => answered };
}
