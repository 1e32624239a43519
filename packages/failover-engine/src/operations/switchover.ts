import { isUsable, type GroupView, type MemberKey } from '../core/model.js';
import type { Journal } from '../core/journal.js';
import type { GroupRecords } from '../ports.js';
import {
  checkSwitchover,
  judgeSwitchover,
  requirePlan,
  SwitchoverRefusedError,
  type SwitchoverPlan,
} from './check-switchover.js';
import { settle, stepTimeoutMs, type OperationContext, type OperationOutcome } from './context.js';
import {
  ackersOf,
  finishPromotion,
  followAll,
  others,
  prepare,
  primaryRecord,
  standDown,
} from './promote.js';
import { Recorder } from './recorder.js';

export interface SwitchoverRequest {
  readonly id: string;
  readonly target: MemberKey | null;
  readonly requestedBy: string;
  readonly task: string | null;
}

/**
 * What a switchover would do, or why it would not be begun.
 * @throws SwitchoverRefusedError
 */
export function planSwitchover(view: GroupView, target: MemberKey | null): SwitchoverPlan {
  return requirePlan(judgeSwitchover(view, target));
}

/** Hands the writes of a healthy primary to a replica. Goes back to the old primary whole when it cannot. */
export async function startSwitchover(
  context: OperationContext,
  request: SwitchoverRequest,
): Promise<OperationOutcome> {
  const records = await context.ledger.read({ timeoutMs: stepTimeoutMs });
  const view = context.view();
  if (records.primary === null || records.primary.primary !== view.primary?.primary) {
    throw new SwitchoverRefusedError(`the primary of ${view.group} has just changed; look again and repeat`);
  }
  if (records.journal !== null) {
    throw new SwitchoverRefusedError(
      `${records.journal.operation} ${records.journal.id} is under way; wait for it`,
    );
  }
  const plan = requirePlan(await checkSwitchover(context, request.target));

  const recorder = new Recorder(
    context,
    {
      operation: 'switchover',
      id: request.id,
      step: 'preparing',
      epoch: Math.max(records.primary.epoch, records.route?.epoch ?? 0) + 1,
      oldPrimary: plan.from,
      candidate: plan.to,
      owner: context.engineId,
      startedAtMs: context.clock.wallMs(),
      phasesMs: {},
      reason: `asked for by ${request.requestedBy}`,
      requestedBy: request.requestedBy,
      task: request.task,
      target: request.target,
      allowDataLoss: false,
    },
    records,
  );
  await recorder.enter('preparing', request.task === null ? {} : { requiredTask: request.task });
  return handOver(context, recorder);
}

/** Goes on with a switchover that some engine left unfinished: back before the point of no return, on after it. */
export async function resumeSwitchover(
  context: OperationContext,
  journal: Journal,
  records: GroupRecords,
): Promise<OperationOutcome> {
  const recorder = new Recorder(context, journal, records);
  recorder.note(`resumed by ${context.engineId} at step ${journal.step}, left there by ${journal.owner}`);
  await recorder.enter(journal.step);
  if (journal.step === 'promoting' || journal.step === 'finishing') {
    const followers = others(context.view(), recorder.candidate).map((m) => m.key);
    return finishPromotion(context, recorder, followers, false);
  }
  const replicas = others(context.view(), journal.oldPrimary).map((m) => m.key);
  return standDown(
    context,
    recorder,
    replicas,
    `the engine ${journal.owner} died while it was ${journal.step}`,
  );
}

async function handOver(context: OperationContext, recorder: Recorder): Promise<OperationOutcome> {
  const view = context.view();
  const { oldPrimary, epoch } = recorder.journal;
  const target = recorder.candidate;
  const siblings = others(view, oldPrimary, target)
    .filter(isUsable)
    .map((m) => m.key);
  const replicas = others(view, oldPrimary).map((m) => m.key);
  const budgetMs = view.policy.switchoverTimeoutMs;

  // While the old primary still serves: whoever will acknowledge the target's first commit follows it already. With
  // more than one acker wanted the siblings must stay with the old primary until it is closed.
  const early = (ackersOf(view) ?? 1) <= 1;
  await settle(context.server(target).shortenBinlog({ timeoutMs: stepTimeoutMs }));
  if (early) await followAll(context, recorder, siblings, target);
  recorder.mark('prepared');

  const attempt = await settle(
    (async () => {
      await recorder.enter('closing');
      const closing = context.server(oldPrimary).close({ timeoutMs: budgetMs });
      const unrouting = recorder.enter('closing', {
        route: { write: null, read: recorder.readersWithout(), reason: `switchover to ${target}` },
      });
      const [closed, unrouted] = await Promise.all([settle(closing), settle(unrouting)]);
      if (!unrouted.ok) throw unrouted.error;
      if (!closed.ok) throw closed.error;
      recorder.mark('closed');
      const last = await context.server(oldPrimary).read({ timeoutMs: stepTimeoutMs });
      if (!(await context.server(target).waitForGtids(last.gtidExecuted, { timeoutMs: budgetMs }))) {
        throw new Error(`${target} did not catch up with ${oldPrimary} within ${budgetMs} ms`);
      }
      recorder.mark('caughtUp');
      return last;
    })(),
  );
  if (!attempt.ok) {
    if (attempt.error.name === 'OwnershipLostError') throw attempt.error;
    return standDown(context, recorder, replicas, attempt.error.message);
  }

  // It has everything of the old primary: it can be made ready, closed, while it is being recorded.
  const ready = settle(prepare(context, target));
  const { gtidExecuted } = attempt.value;
  const serverUuid = view.members.find((m) => m.key === target)?.state?.serverUuid ?? '';
  await recorder.enter('promoting', {
    primary: primaryRecord(context, target, epoch, { gtidExecuted, serverUuid }),
    takeover: { oldPrimary, newPrimary: target, gtidExecuted },
  });
  const prepared = (await ready).ok;
  recorder.mark('chosen');
  return finishPromotion(context, recorder, early ? [oldPrimary] : [...siblings, oldPrimary], prepared);
}
