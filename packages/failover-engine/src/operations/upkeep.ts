import { covers } from '../core/gtids.js';
import { isUsable, primaryMember, replicasOf, type MemberKey } from '../core/model.js';
import { settle, stepTimeoutMs, type OperationContext } from './context.js';
import { open, prepare } from './promote.js';

/** Publishes a route under the current epoch. */
export async function publishRoute(
  context: OperationContext,
  write: MemberKey,
  read: readonly MemberKey[],
  reason: string,
): Promise<void> {
  const records = await context.ledger.read({ timeoutMs: stepTimeoutMs });
  if (records.journal !== null || records.maintenance !== null || records.primary?.primary !== write) return;
  await context.ledger.commit(
    {
      route: {
        write,
        read,
        reason,
        epoch: Math.max(records.primary.epoch, records.route?.epoch ?? 0),
        version: (records.route?.version ?? 0) + 1,
      },
    },
    { timeoutMs: stepTimeoutMs },
  );
  context.refresh();
}

/**
 * Opens the recorded primary again (it restarted closed, or a lease had closed it). Refused while a replica has what it
 * lacks: then it is not the most complete member any more, and a person or a switchover must decide.
 * @returns what was done or why not, in words.
 */
export async function reopen(context: OperationContext, member: MemberKey): Promise<string> {
  const records = await context.ledger.read({ timeoutMs: stepTimeoutMs });
  if (records.primary?.primary !== member || records.journal !== null || records.maintenance !== null) {
    return `${member} is not opened: the records of ${context.group} have changed`;
  }
  const view = context.view();
  const primary = primaryMember(view);
  if (primary === undefined || !isUsable(primary)) return `${member} is not opened: it does not answer`;
  const ahead = replicasOf(view).find(
    (r) => isUsable(r) && !covers(primary.state.gtidExecuted, r.state.gtidExecuted),
  );
  if (ahead?.state != null) {
    const fresh = await context.server(member).read({ timeoutMs: stepTimeoutMs });
    if (!covers(fresh.gtidExecuted, ahead.state.gtidExecuted)) {
      return `${member} is not opened: ${ahead.key} has transactions that it lacks`;
    }
  }
  await prepare(context, member);
  await open(context, member);
  context.refresh();
  return `${member} is open again`;
}

/** Closes servers that are open and are not the primary: through the agent, and by SQL. */
export async function closeOthers(context: OperationContext, members: readonly MemberKey[]): Promise<void> {
  const records = await context.ledger.read({ timeoutMs: stepTimeoutMs });
  if (records.journal !== null || records.maintenance !== null) return;
  await Promise.all(
    members
      .filter((member) => member !== records.primary?.primary)
      .map(async (member) => {
        const closed = await settle(context.server(member).close({ timeoutMs: stepTimeoutMs }));
        if (closed.ok)
          context.log.warn(`closed ${member}: it was writable and is not the primary`, {
            group: context.group,
          });
        else
          context.log.error(`${member} is writable and could not be closed: ${closed.error.message}`, {
            group: context.group,
          });
      }),
  );
  context.refresh();
}
