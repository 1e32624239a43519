import type { GroupPolicyInput } from '@dcmha/zk-schema';
import type { PlannedFault } from '../faults/fault.js';
import type { RunResult } from '../run.js';
import { defaultMember, defaultSetup, type Setup } from '../setup.js';
import type { Scenario } from './scenario.js';

const semisync: GroupPolicyInput = { antiFlapMs: 0, durability: { mode: 'semisync', ackers: 1 } };
const async_: GroupPolicyInput = { antiFlapMs: 0, durability: { mode: 'async' }, fencing: 'lease' };

const setup = (faults: readonly PlannedFault[], changes: Partial<Setup> = {}): Setup => ({
  ...defaultSetup,
  policy: semisync,
  faults,
  faultsUntilMs: 15_000,
  ...changes,
});

const longestOutageMs = (result: RunResult): number => Math.max(0, ...result.outagesMs);

const failedOver = (result: RunResult): string | null =>
  result.failovers > 0 ? null : 'nobody failed over although the primary was gone';
const nothingSwitched = (result: RunResult): string | null =>
  result.failovers + result.switchovers === 0 ? null : 'a healthy primary was replaced';

/** Two regions; the primary's holds one replica, a proxy and a client. */
const twoRegions = (['east', 'west', 'west'] as const).map((region) => ({ ...defaultMember, region }));

export const scenarios: readonly Scenario[] = [
  {
    name: 'github-2018',
    what:
      'The link between two regions is cut for 43 s; the primary keeps taking writes of its own side while the other side ' +
      'elects a new one (GitHub, 21 October 2018). Asynchronous: what was written on the wrong side must be rolled back and saved, not lost.',
    setup: setup(
      [
        {
          fault: { kind: 'partition', hosts: ['db1', 'r1', 'e1', 'c1'], way: 'both', forMs: 43_000 },
          when: { atMs: 1_000 },
        },
      ],
      {
        policy: { ...async_, fencing: 'none' },
        members: twoRegions,
        network: { delayMs: [0.1, 0.6], regionDelayMs: 30, loss: 0 },
        faultsUntilMs: 46_000,
      },
    ),
    expect: (result) =>
      failedOver(result) ??
      (result.fates.saved.length > 0 ? null : 'the writes of the cut-off side were expected among the saved'),
  },
  {
    name: 'github-2018-semisync',
    what: 'The same with semi-sync: the cut-off side cannot acknowledge, so there is nothing to roll back.',
    setup: setup(
      [
        {
          fault: { kind: 'partition', hosts: ['db1', 'r1', 'e1', 'c1'], way: 'both', forMs: 43_000 },
          when: { atMs: 1_000 },
        },
      ],
      {
        members: twoRegions,
        network: { delayMs: [0.1, 0.6], regionDelayMs: 30, loss: 0 },
        faultsUntilMs: 46_000,
      },
    ),
    expect: failedOver,
  },
  {
    name: 'two-engines',
    what:
      'An engine stands still in the middle of a failover for longer than its session, another takes over and finishes, and the first ' +
      'wakes up in its old step (concurrent recoveries).',
    setup: setup([
      { fault: { kind: 'kill-mysqld', server: 'primary', forMs: 12_000 }, when: { atMs: 1_000 } },
      { fault: { kind: 'freeze-engine', engine: null, forMs: 10_000 }, when: { step: '/master/', nth: 1 } },
    ]),
    expect: failedOver,
  },
  {
    name: 'unapplied-relay-log',
    what:
      'The replicas have received far more than they have applied when the primary dies (a lagging replica promoted too early loses ' +
      'what it had not applied).',
    setup: setup(
      [
        {
          fault: { kind: 'slow-applier', server: 'every-replica', applyMs: 150, forMs: 9_000 },
          when: { atMs: 500 },
        },
        { fault: { kind: 'host-down', server: 'primary', forMs: 10_000 }, when: { atMs: 4_000 } },
      ],
      { thinkMs: [10, 30] },
    ),
    expect: failedOver,
  },
  {
    name: 'old-primary-returns',
    what: 'The old primary starts again while its successor is being chosen, before it is recorded.',
    setup: setup(
      [
        {
          fault: { kind: 'slow-applier', server: 'every-replica', applyMs: 120, forMs: 9_000 },
          when: { atMs: 500 },
        },
        { fault: { kind: 'kill-mysqld', server: 'primary', forMs: 400 }, when: { atMs: 3_000 } },
      ],
      { thinkMs: [10, 30] },
    ),
    expect: (result) =>
      longestOutageMs(result) < 10_000 ? null : `writes were away for ${longestOutageMs(result)} ms`,
  },
  {
    name: 'acker-lost',
    what: 'The replicas that acknowledge go away: commits wait, nobody falls back to asynchronous, and they go on when one is back.',
    setup: setup([
      { fault: { kind: 'host-down', server: 1, forMs: 9_000 }, when: { atMs: 1_000 } },
      { fault: { kind: 'kill-mysqld', server: 2, forMs: 5_000 }, when: { atMs: 2_000 } },
    ]),
    expect: (result) =>
      nothingSwitched(result) ??
      (longestOutageMs(result) > 2_500
        ? null
        : 'commits were acknowledged while no replica could acknowledge them'),
  },
  {
    name: 'monitors-cut-off',
    what: 'Engines are cut off from all servers while the agents, ZooKeeper and the clients are well: no reason to do anything.',
    setup: setup([{ fault: { kind: 'cut-engines-off', forMs: 12_000 }, when: { atMs: 1_000 } }]),
    expect: (result) =>
      nothingSwitched(result) ??
      (longestOutageMs(result) < 2_000 ? null : `writes were away for ${longestOutageMs(result)} ms`),
  },
  {
    name: 'paused-inside-promote',
    what:
      'The engine stands still for a minute between the check that it still owns the group and the statement that opens the successor ' +
      '(a garbage collection, a frozen virtual machine).',
    setup: setup(
      [
        { fault: { kind: 'kill-mysqld', server: 'primary', forMs: 20_000 }, when: { atMs: 1_000 } },
        {
          fault: { kind: 'freeze-engine', engine: null, forMs: 60_000 },
          when: { step: 'openWrites', nth: 0 },
        },
        { fault: { kind: 'kill-mysqld', server: 'primary', forMs: 40_000 }, when: { atMs: 25_000 } },
      ],
      { faultsUntilMs: 70_000 },
    ),
    expect: failedOver,
  },
  {
    name: 'zookeeper-flaps',
    what: 'The leader of ZooKeeper changes again and again, in the middle of it the primary dies.',
    setup: setup([
      { fault: { kind: 'zookeeper-flaps', times: 8, everyMs: 700 }, when: { atMs: 1_000 } },
      { fault: { kind: 'lose-zookeeper-answers', chance: 0.2, forMs: 11_000 }, when: { atMs: 1_000 } },
      { fault: { kind: 'kill-mysqld', server: 'primary', forMs: 11_000 }, when: { atMs: 4_000 } },
    ]),
    expect: failedOver,
  },
  {
    name: 'zookeeper-gone',
    what: 'ZooKeeper is away for long and nothing else is wrong: nothing is switched, and nothing is forgotten.',
    setup: setup([{ fault: { kind: 'zookeeper-down', forMs: 30_000 }, when: { atMs: 1_000 } }], {
      policy: { ...semisync, fencing: 'none' },
      faultsUntilMs: 33_000,
    }),
    expect: (result) =>
      nothingSwitched(result) ??
      (longestOutageMs(result) < 2_000 ? null : `writes were away for ${longestOutageMs(result)} ms`),
  },
  {
    name: 'zookeeper-gone-failsafe',
    what: 'The same with fencing `failsafe`: the primary reaches every other agent, they agree, and it goes on serving.',
    setup: setup([{ fault: { kind: 'zookeeper-down', forMs: 30_000 }, when: { atMs: 1_000 } }], {
      policy: { ...semisync, fencing: 'failsafe' },
      faultsUntilMs: 33_000,
    }),
    expect: (result) =>
      nothingSwitched(result) ??
      (longestOutageMs(result) < 2_000 ? null : `writes were away for ${longestOutageMs(result)} ms`),
  },
  {
    name: 'clock-jumps',
    what:
      'The wall clocks of the engines and of a server jump by hours, back and forth, around a failover whose engine dies; the one that ' +
      'takes over believes that it has not begun yet.',
    setup: setup([
      { fault: { kind: 'clock-jump', host: 'e2', byMs: 7_200_000 }, when: { atMs: 500 } },
      { fault: { kind: 'clock-jump', host: 'e1', byMs: -7_200_000 }, when: { atMs: 600 } },
      { fault: { kind: 'clock-jump', host: 'db1', byMs: -86_400_000 }, when: { atMs: 700 } },
      { fault: { kind: 'kill-mysqld', server: 'primary', forMs: 5_000 }, when: { atMs: 1_000 } },
      { fault: { kind: 'kill-engine', engine: null, forMs: 12_000 }, when: { step: 'openWrites', nth: 0 } },
      { fault: { kind: 'clock-jump', host: 'e1', byMs: -14_400_000 }, when: { atMs: 9_000 } },
    ]),
    expect: failedOver,
  },
  {
    name: 'hung-primary-wakes',
    what:
      'The primary hangs (SIGSTOP) for 4.5 s and wakes up, with asynchronous replication: it is failed over or not, and nothing that ' +
      'was acknowledged may vanish.',
    setup: setup(
      [{ fault: { kind: 'freeze-mysqld', server: 'primary', forMs: 4_500 }, when: { atMs: 1_000 } }],
      { policy: async_ },
    ),
    expect: () => null,
  },
  {
    name: 'stale-router',
    what: 'A proxy does not hear of the new route (its router-sync stands still) and goes on sending writes to the old primary, cut off with it.',
    setup: setup(
      [
        { fault: { kind: 'freeze-router', router: 0, forMs: 13_500 }, when: { atMs: 900 } },
        {
          fault: { kind: 'partition', hosts: ['primary', 'r1', 'c1'], way: 'both', forMs: 13_000 },
          when: { atMs: 1_000 },
        },
      ],
      { policy: async_ },
    ),
    expect: failedOver,
  },
];

export function scenarioNamed(name: string): Scenario | undefined {
  return scenarios.find((scenario) => scenario.name === name);
}
