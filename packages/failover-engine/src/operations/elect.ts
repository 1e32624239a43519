import type { Evaluation } from '../core/decide.js';
import { elect } from '../core/diagnosis/election.js';
import type { Journal } from '../core/journal.js';
import type { GroupView, MemberKey } from '../core/model.js';
import type { GroupRecords } from '../ports.js';
import { settle, stepTimeoutMs, type OperationContext, type OperationOutcome } from './context.js';
import { finishPromotion, others, primaryRecord } from './promote.js';
import { Recorder } from './recorder.js';

/** The epoch of a group's first primary. */
const firstEpoch = 1;

/**
 * Makes a member the first primary of its group. Refused when a primary or a route is recorded by now, or when reading
 * all members once more leads to another choice. The record is written only where there is none: of two engines one fails.
 */
export async function startElection(
  context: OperationContext,
  member: MemberKey,
  evaluation: Evaluation,
  id: string,
): Promise<OperationOutcome> {
  const startedAtMs = context.clock.wallMs();
  const refused = (why: string): OperationOutcome => ({
    result: 'refused',
    reason: `${member} is not elected: ${why}`,
    phasesMs: {},
  });
  const records = await context.ledger.read({ timeoutMs: stepTimeoutMs });
  if (records.primary !== null) return refused(`${records.primary.primary} is recorded as primary by now`);
  if (records.route !== null) return refused('a route is published by now');
  if (records.journal !== null)
    return refused(`${records.journal.operation} ${records.journal.id} is under way`);
  if (records.maintenance !== null) return refused(`maintenance by ${records.maintenance.by} has begun`);

  const view = await asRead(context);
  const election = elect(view);
  if (election.kind !== 'elect') return refused(election.why.join('; '));
  const state = view.members.find((m) => m.key === election.member)?.state;
  if (election.member !== member || state == null)
    return refused(`${election.member} is the better choice now`);

  const recorder = new Recorder(
    context,
    {
      operation: 'election',
      id,
      step: 'promoting',
      epoch: firstEpoch,
      oldPrimary: member,
      candidate: member,
      owner: context.engineId,
      startedAtMs,
      phasesMs: {},
      reason: evaluation.reason,
      requestedBy: null,
      task: null,
      target: null,
      allowDataLoss: false,
    },
    records,
  );
  recorder.mark('confirmed');
  await recorder.enter('promoting', { primary: primaryRecord(context, member, firstEpoch, state) });
  recorder.mark('chosen');
  return finish(context, recorder, member);
}

/** Goes on with an election that some engine left unfinished: its primary is recorded already. */
export async function resumeElection(
  context: OperationContext,
  journal: Journal,
  records: GroupRecords,
): Promise<OperationOutcome> {
  const recorder = new Recorder(context, journal, records);
  recorder.note(`resumed by ${context.engineId} at step ${journal.step}, left there by ${journal.owner}`);
  await recorder.enter(journal.step);
  return finish(context, recorder, recorder.candidate);
}

function finish(context: OperationContext, recorder: Recorder, member: MemberKey): Promise<OperationOutcome> {
  const followers = others(context.view(), member).map((m) => m.key);
  return finishPromotion(context, recorder, followers, false);
}

/** The view with every member read at this moment. */
async function asRead(context: OperationContext): Promise<GroupView> {
  const view = context.view();
  const members = await Promise.all(
    view.members.map(async (m) => {
      const read = await settle(context.server(m.key).read({ timeoutMs: stepTimeoutMs }));
      return { ...m, state: read.ok ? read.value : null };
    }),
  );
  return { ...view, members };
}
