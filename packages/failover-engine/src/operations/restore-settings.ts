import { primaryMember, isUsable, type MemberKey } from '../core/model.js';
import { settle, stepTimeoutMs, type OperationContext } from './context.js';
import { follow, prepare } from './promote.js';

/**
 * Gives members the settings of their roles again: an open primary its durability and the source side of semi-sync, a
 * replica its acknowledging side. Neither changes its role.
 * @returns what could not be done, in words.
 */
export async function restoreSettings(
  context: OperationContext,
  members: readonly MemberKey[],
): Promise<readonly string[]> {
  const records = await context.ledger.read({ timeoutMs: stepTimeoutMs });
  const primary = records.primary?.primary ?? null;
  if (primary === null || records.journal !== null || records.maintenance !== null) return [];
  const view = context.view();
  const open = primaryMember(view);
  const problems: string[] = [];
  await Promise.all(
    members.map(async (member) => {
      // Settings of a source block the applier of a server that is one no more.
      const still = member === primary && open?.key === primary && isUsable(open) && !open.state.readOnly;
      if (member === primary && !still) return;
      const done = await settle(
        member === primary ? prepare(context, member) : follow(context, view, member, primary),
      );
      if (!done.ok) problems.push(`${member}: ${done.error.message}`);
      else context.log.warn(`${member} has the settings of its role again`, { group: context.group });
    }),
  );
  context.refresh();
  return problems;
}
