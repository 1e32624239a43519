import type { StruckFault } from '../faults/inject.js';
import type { World } from '../world.js';
import type { Violation } from './violation.js';

/** What became of the rows whose writes were acknowledged. */
export interface RowFates {
  readonly acknowledged: number;
  /** Rolled back, and saved to files. */
  readonly saved: readonly number[];
  /** Only on the disk of a server that is not back behind its primary. */
  readonly onDisk: readonly number[];
  /** Nowhere any more. */
  readonly lost: readonly number[];
}

export function rowFates(world: World): RowFates {
  const primary = world.now.master === null ? undefined : world.server(world.now.master.primary);
  const has = primary?.disk.rows ?? new Set<number>();
  const acknowledged = world.writes.filter((w) => w.told === 'ok');
  const missing = acknowledged.filter((w) => !has.has(w.row)).map((w) => w.row);
  const isSaved = (row: number): boolean => world.places.some(({ saved }) => saved.has(row));
  const isOnDisk = (row: number): boolean =>
    world.places.some(
      ({ mysqld }) =>
        !mysqld.diskLost &&
        (mysqld.disk.rows.has(row) ||
          mysqld.disk.relay.some((txn) => txn.row === row) ||
          mysqld.disk.binlog.some((txn) => txn.row === row)),
    );
  return {
    acknowledged: acknowledged.length,
    saved: missing.filter(isSaved),
    onDisk: missing.filter((row) => !isSaved(row) && isOnDisk(row)),
    lost: missing.filter((row) => !isSaved(row) && !isOnDisk(row)),
  };
}

/** P1: routes never name two; a deposed primary acknowledges nothing. */
function checkOnePrimary(world: World, faults: readonly StruckFault[]): Violation[] {
  const found: Violation[] = [];
  let before: World['now'] | null = null;
  for (const change of world.records) {
    const { master, route } = change;
    if (route?.write != null && route.write !== master?.primary)
      found.push({
        promise: 'P1',
        what: `the route named ${route.write} while ${master?.primary ?? 'nobody'} was recorded as primary`,
        rows: [],
      });
    if (before !== null) {
      if ((master?.epoch ?? 0) < (before.master?.epoch ?? 0))
        found.push({ promise: 'P1', what: 'the epoch of the primary fell', rows: [] });
      if (
        master !== null &&
        before.master !== null &&
        master.primary !== before.master.primary &&
        master.epoch === before.master.epoch
      )
        found.push({ promise: 'P1', what: `two primaries in epoch ${master.epoch}`, rows: [] });
      if (
        (route?.version ?? 0) < (before.route?.version ?? 0) ||
        (route?.epoch ?? 0) < (before.route?.epoch ?? 0)
      )
        found.push({ promise: 'P1', what: 'the route went back', rows: [] });
    }
    before = change;
  }
  const { durability, fencing } = world.policy;
  const fenced = fencing !== 'none' || durability.mode === 'semisync';
  if (!fenced) return found;
  const recordedAt = (atMs: number): string | undefined => {
    let primary: string | undefined;
    for (const change of world.records) {
      if (change.atMs > atMs) break;
      primary = change.master?.primary;
    }
    return primary;
  };
  const late = world.writes.filter((w) => w.told === 'ok' && w.by !== null && recordedAt(w.saidMs) !== w.by);
  // Nobody can close a server whose whole machine stands still, and no lease ends there.
  const excused = durability.mode === 'async' && faults.some((f) => f.kind === 'freeze-host' && f.wasPrimary);
  if (late.length > 0 && !excused) {
    const [first] = late;
    found.push({
      promise: 'P1',
      what: `${first?.by} acknowledged ${late.length} writes after it was deposed, the first at ${((first?.saidMs ?? 0) / 1000).toFixed(3)}`,
      rows: late.map((w) => w.row),
    });
  }
  return found;
}

/** P2 and P3: nothing that was acknowledged vanishes. */
function checkRows(world: World, fates: RowFates): Violation[] {
  const some = (rows: readonly number[]): string =>
    `${rows.slice(0, 5).join(', ')}${rows.length > 5 ? ' ...' : ''}`;
  if (world.policy.durability.mode === 'semisync') {
    const missing = [...fates.saved, ...fates.onDisk, ...fates.lost];
    return missing.length === 0
      ? []
      : [
          {
            promise: 'P2',
            what: `${missing.length} acknowledged rows are not on the primary (${fates.saved.length} saved to files, ${fates.onDisk.length} only on a disk, ${fates.lost.length} nowhere): ${some(missing)}`,
            rows: missing,
          },
        ];
  }
  // What was only on a disk that is lost cannot be anywhere.
  const excused = world.places.some(({ mysqld }) => mysqld.diskLost);
  return fates.lost.length === 0 || excused
    ? []
    : [
        {
          promise: 'P3',
          what: `${fates.lost.length} acknowledged rows are neither on the primary nor saved: ${some(fates.lost)}`,
          rows: fates.lost,
        },
      ];
}

/** Replicas have what the primary has, no more and no less. */
function checkReplicas(world: World): Violation[] {
  const { master } = world.now;
  const primary = master === null ? undefined : world.server(master.primary);
  if (primary === undefined) return [];
  const found: Violation[] = [];
  for (const { key, mysqld } of world.places) {
    if (mysqld === primary || mysqld.diskLost || mysqld.process === null) continue;
    const extra = [...mysqld.disk.rows].filter((row) => !primary.disk.rows.has(row));
    const missing = [...primary.disk.rows].filter(
      (row) => !mysqld.disk.rows.has(row) && !mysqld.disk.relay.some((txn) => txn.row === row),
    );
    if (extra.length > 0 || missing.length > 0)
      found.push({
        promise: 'P4',
        what: `${key} differs from its primary: ${extra.length} rows more, ${missing.length} less`,
        rows: [...extra, ...missing],
      });
  }
  return found;
}

/** P5: while ZooKeeper is gone nobody becomes primary. */
function checkStoreOutages(
  opened: readonly { readonly atMs: number; readonly key: string }[],
  world: World,
  faults: readonly StruckFault[],
): Violation[] {
  const found: Violation[] = [];
  for (const outage of faults.filter((f) => f.kind === 'zookeeper-down')) {
    // A statement that was on its way when ZooKeeper went away still arrives.
    const fromMs = outage.fromMs + 3_500;
    for (const { atMs, key } of opened) {
      if (atMs < fromMs || atMs > outage.untilMs) continue;
      const recorded = world.records.findLast((change) => change.atMs <= atMs)?.master?.primary;
      if (recorded !== key)
        found.push({ promise: 'P5', what: `${key} was opened while ZooKeeper was gone`, rows: [] });
    }
  }
  return found;
}

export function checkPromises(
  world: World,
  faults: readonly StruckFault[],
  notConverged: string | null,
): { readonly violations: readonly Violation[]; readonly fates: RowFates } {
  const fates = rowFates(world);
  const opened = world.story.lines
    .filter((line) => line.what === 'is open for writes')
    .map((line) => ({ atMs: line.atMs, key: line.who }));
  const violations: Violation[] = [
    ...checkOnePrimary(world, faults),
    ...checkRows(world, fates),
    ...(notConverged === null ? checkReplicas(world) : []),
    ...checkStoreOutages(opened, world, faults),
  ];
  if (notConverged !== null)
    violations.push({ promise: 'P4', what: `the group did not converge: ${notConverged}`, rows: [] });
  return { violations, fates };
}
