import type { Random } from '../time/random.js';
import type { Fault, PlannedFault, ServerTarget } from './fault.js';

export interface PlanOptions {
  readonly members: number;
  readonly engines: number;
  readonly routers: number;
  readonly untilMs: number;
  /** Machines may be lost with their disks. */
  readonly losesHosts: boolean;
}

/** Requests of an engine before which faults strike: every step of every operation. */
const steps = [
  'stopReceiver',
  'agent.close',
  'waitForGtids',
  'prepareAsSource',
  'openWrites',
  'changeSource',
  'finishFollow',
  'stopReplica',
  'resetReplica',
  'multi',
  '/journal/',
  '/master/',
  '/haproxy/',
  '/engine/owner/',
  'agent.startTail',
  'close ',
] as const;

const target = (random: Random, members: number): ServerTarget =>
  random.weighted<ServerTarget>([
    [5, 'primary'],
    [2, 'a-replica'],
    [2, random.whole(0, members - 1)],
  ]);

/** How long faults last: blinks, seconds, longer than a session. */
const duration = (random: Random): number =>
  random.weighted([
    [3, random.between(50, 900)],
    [4, random.between(900, 5_000)],
    [2, random.between(5_000, 12_000)],
  ]);

const way = (random: Random): 'both' | 'out' | 'in' => random.pick(['both', 'both', 'out', 'in']);

function hosts(random: Random, o: PlanOptions): string[] {
  const all = [
    ...Array.from({ length: o.members }, (_, n) => `db${n + 1}`),
    ...Array.from({ length: o.engines }, (_, n) => `e${n + 1}`),
    ...Array.from({ length: o.routers }, (_, n) => `r${n + 1}`),
    'c1',
    'zookeeper',
  ];
  const some = all.filter(() => random.chance(0.3));
  return some.length > 0 ? some : [random.pick(all)];
}

function anyFault(random: Random, o: PlanOptions): Fault {
  const server = target(random, o.members);
  const forMs = duration(random);
  const engine = random.chance(0.6) ? null : random.whole(0, o.engines - 1);
  const router = random.whole(0, o.routers - 1);
  return random.weighted<Fault>([
    [8, { kind: 'kill-mysqld', server, forMs: Math.max(600, forMs) }],
    [6, { kind: 'freeze-mysqld', server, forMs }],
    [4, { kind: 'host-down', server, forMs: Math.max(2_000, forMs) }],
    [o.losesHosts ? 1 : 0, { kind: 'host-lost', server }],
    [2, { kind: 'freeze-host', server, forMs }],
    [2, { kind: 'kill-agent', server, forMs }],
    [2, { kind: 'freeze-agent', server, forMs }],
    [5, { kind: 'kill-engine', engine, forMs }],
    [6, { kind: 'freeze-engine', engine, forMs }],
    [1, { kind: 'kill-router', router, forMs }],
    [2, { kind: 'freeze-router', router, forMs }],
    [5, { kind: 'isolate-primary', way: way(random), forMs }],
    [5, { kind: 'partition', hosts: hosts(random, o), way: way(random), forMs }],
    [1, { kind: 'cut-engines-off', forMs }],
    [2, { kind: 'zookeeper-down', forMs }],
    [1, { kind: 'zookeeper-flaps', times: random.whole(2, 6), everyMs: random.between(100, 1_500) }],
    [2, { kind: 'lose-zookeeper-answers', chance: random.between(0.02, 0.3), forMs }],
    [
      2,
      { kind: 'expire-session', of: random.pick(['engine', 'agent', 'router']), index: random.whole(0, 4) },
    ],
    [
      1,
      {
        kind: 'clock-jump',
        host: random.pick(['e1', 'e2', 'db1', 'db2']),
        byMs: Math.round(random.between(-7_200_000, 7_200_000)),
      },
    ],
    [
      2,
      {
        kind: 'slow-applier',
        server: random.pick(['a-replica', 'every-replica']),
        applyMs: random.between(30, 400),
        forMs,
      },
    ],
    [1, { kind: 'slow-network', factor: random.between(5, 60), forMs }],
    [4, { kind: 'switchover' }],
  ]);
}

const at = (atMs: number): { readonly atMs: number } => ({ atMs });

/** What ends a primary, or seems to. */
function endOfPrimary(random: Random): Fault {
  return random.weighted<Fault>([
    [3, { kind: 'kill-mysqld', server: 'primary', forMs: random.between(600, 8_000) }],
    [3, { kind: 'freeze-mysqld', server: 'primary', forMs: random.between(2_500, 9_000) }],
    [3, { kind: 'host-down', server: 'primary', forMs: random.between(3_000, 9_000) }],
    [1, { kind: 'isolate-primary', way: way(random), forMs: random.between(3_000, 9_000) }],
    [1, { kind: 'switchover' }],
  ]);
}

/** Misfortunes that come together, as they do in reports of real ones. */
function storm(random: Random, o: PlanOptions): PlannedFault[] {
  const atMs = random.between(500, o.untilMs * 0.25);
  const longMs = random.between(5_000, o.untilMs * 0.7);
  const clients = ['c1', ...(random.chance(0.5) ? ['c2', 'c3'] : [])];
  const router = random.whole(0, o.routers - 1);
  switch (random.whole(0, 5)) {
    // The primary with its clients on one side, everything else on the other.
    case 0: {
      const hosts = ['primary', `r${router + 1}`, ...clients];
      if (random.chance(0.25)) hosts.push(`e${random.whole(1, o.engines)}`);
      return [{ fault: { kind: 'partition', hosts, way: 'both', forMs: longMs }, when: at(atMs) }];
    }
    // A proxy that does not hear of the new route, and a primary that comes back.
    case 1: {
      const stale: Fault = random.chance(0.5)
        ? { kind: 'freeze-router', router, forMs: longMs }
        : { kind: 'kill-router', router, forMs: longMs };
      const hosts = ['primary', `r${router + 1}`, ...clients];
      const away: Fault = random.chance(0.5)
        ? { kind: 'freeze-mysqld', server: 'primary', forMs: random.between(2_500, 6_000) }
        : { kind: 'partition', hosts, way: 'both', forMs: longMs };
      return [
        { fault: stale, when: at(atMs) },
        { fault: away, when: at(atMs + random.between(0, 800)) },
      ];
    }
    // Replicas that have received much and applied little.
    case 2: {
      const applyMs = random.between(60, 400);
      return [
        { fault: { kind: 'slow-applier', server: 'every-replica', applyMs, forMs: longMs }, when: at(atMs) },
        { fault: endOfPrimary(random), when: at(atMs + random.between(800, 3_000)) },
      ];
    }
    // Much is under way when the primary ends.
    case 3:
      return [
        {
          fault: { kind: 'slow-network', factor: random.between(30, 200), forMs: longMs },
          when: at(atMs),
        },
        { fault: endOfPrimary(random), when: at(atMs + random.between(300, 2_000)) },
      ];
    // A replica that was cut off for a while, then the end of the primary, then another end.
    case 4:
      return [
        {
          fault: {
            kind: 'partition',
            hosts: [`db${random.whole(1, o.members)}`],
            way: way(random),
            forMs: random.between(800, 4_000),
          },
          when: at(atMs),
        },
        { fault: endOfPrimary(random), when: at(atMs + random.between(300, 4_000)) },
        ...(random.chance(0.5)
          ? [{ fault: endOfPrimary(random), when: at(atMs + random.between(1_500, 5_000)) }]
          : []),
      ];
    // An engine that stands still in the middle, for longer than its session.
    default:
      return [
        { fault: endOfPrimary(random), when: at(atMs) },
        {
          fault: { kind: 'freeze-engine', engine: null, forMs: longMs },
          when: { step: random.pick(steps), nth: random.whole(0, 3) },
        },
        ...(random.chance(0.5)
          ? [{ fault: endOfPrimary(random), when: at(atMs + random.between(2_000, 5_500)) }]
          : []),
      ];
  }
}

/** The faults of a run: some at a time, some at a step of whatever operation is under way then. */
export function planFaults(random: Random, o: PlanOptions): PlannedFault[] {
  const planned: PlannedFault[] = [];
  const stormy = random.chance(0.5);
  if (stormy) planned.push(...storm(random, o));
  const count = random.weighted([
    [stormy ? 3 : 0, 0],
    [3, 1],
    [3, 2],
    [2, 3],
    [1, random.whole(4, 6)],
  ]);
  for (let n = 0; n < count; n += 1) {
    const fault = anyFault(random, o);
    planned.push({ fault, when: at(random.between(300, o.untilMs * 0.7)) });
  }
  // An operation to disturb, and what disturbs it.
  if (!stormy && random.chance(0.7)) {
    planned.push({ fault: endOfPrimary(random), when: at(random.between(300, o.untilMs * 0.4)) });
    const strikes = random.whole(1, 2);
    for (let n = 0; n < strikes; n += 1) {
      const forMs = duration(random);
      const fault = random.weighted<Fault>([
        [5, { kind: 'freeze-engine', engine: null, forMs }],
        [4, { kind: 'kill-engine', engine: null, forMs }],
        [3, { kind: 'kill-mysqld', server: target(random, o.members), forMs: Math.max(600, forMs) }],
        [3, { kind: 'freeze-mysqld', server: target(random, o.members), forMs }],
        [2, anyFault(random, o)],
      ]);
      planned.push({ fault, when: { step: random.pick(steps), nth: random.whole(0, 4) } });
    }
  }
  return planned;
}
