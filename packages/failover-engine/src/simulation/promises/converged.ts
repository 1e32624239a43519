import { group, type World } from '../world.js';

/** Transactions that may be on their way to a replica while clients write. */
const behindMax = 20;

/** What keeps the group from being whole, or `null` once it is (P4). */
export function whyNotConverged(world: World): string | null {
  const { master, route, journal } = world.now;
  if (journal !== null) return `${journal.operation} ${journal.id} is at ${journal.step}`;
  if (master === null) return `${group} has no primary`;
  const primary = world.server(master.primary);
  if (primary === undefined || primary.process === null) return `the primary ${master.primary} is down`;
  if (!primary.isOpen) return `the primary ${master.primary} is closed`;
  if (route?.write !== master.primary) return `the route names ${route?.write ?? 'nobody'}`;
  for (const { proxy } of world.routers)
    if (proxy.route?.write !== master.primary)
      return `${proxy.name} sends writes to ${proxy.route?.write ?? 'nobody'}`;
  for (const { key, mysqld } of world.places) {
    if (key === master.primary || mysqld.diskLost) continue;
    if (mysqld.process === null) return `${key} is down`;
    const { readOnly, channel } = mysqld.state();
    if (!readOnly) return `${key} is open too`;
    if (channel?.source !== master.primary) return `${key} follows ${channel?.source ?? 'nobody'}`;
    if (channel.receiver !== 'running' || channel.applier !== 'running')
      return `${key} does not replicate: receiver ${channel.receiver} ${channel.receiverError}, applier ${channel.applier}`;
    // What it wrote itself and its primary never had is rolled back first.
    for (const [uuid, n] of mysqld.disk.executed.each())
      if (uuid === mysqld.uuid && !primary.disk.executed.has(uuid, n))
        return `${key} has errant transactions`;
    const behind = primary.disk.executed.without(mysqld.disk.executed).count;
    if (behind > behindMax) return `${key} is ${behind} transactions behind`;
  }
  const sinceMs = world.clock.monotonicMs() - 1_000;
  const written = world.writes.some((w) => w.told === 'ok' && w.by === master.primary && w.toldMs >= sinceMs);
  return written ? null : 'clients cannot write';
}
