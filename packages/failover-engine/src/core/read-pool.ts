import { isUsable, replicasOf, type GroupView, type MemberKey } from './model.js';

/**
 * Who may be read from: replicas that answer, receive and apply from the primary within the lag limit; the primary
 * itself when there is none.
 */
export function readPool(view: GroupView): MemberKey[] {
  const primary = view.primary?.primary;
  const pool = replicasOf(view)
    .filter(
      (r) =>
        isUsable(r) &&
        r.state.channel !== null &&
        r.state.channel.source === primary &&
        r.state.channel.receiver === 'running' &&
        r.state.channel.applier === 'running' &&
        (r.state.channel.lagMs ?? 0) <= view.policy.readLagMaxMs,
    )
    .map((r) => r.key)
    .sort();
  if (pool.length > 0 || primary === undefined) return pool;
  return [primary];
}
