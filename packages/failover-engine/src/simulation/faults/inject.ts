import type { SimHost } from '../net/sim-host.js';
import type { SimProcess } from '../time/sim-process.js';
import { group, type Place, type World } from '../world.js';
import { describeFault, type Fault, type FaultKind, type PlannedFault, type ServerTarget } from './fault.js';

/** A fault that struck, and until when. */
export interface StruckFault {
  readonly kind: FaultKind;
  readonly fault: Fault;
  readonly fromMs: number;
  untilMs: number;
  /** The member it struck, if one. */
  readonly member: string | null;
  readonly wasPrimary: boolean;
}

/** Lets planned faults happen, and ends them. */
export class Faults {
  readonly struck: StruckFault[] = [];
  readonly #world: World;
  readonly #undo = new Set<() => void>();
  readonly #steps: { readonly step: string; left: number; readonly fault: Fault }[] = [];
  /** Faults end, others do not begin any more. */
  #over = false;

  constructor(world: World, planned: readonly PlannedFault[]) {
    this.#world = world;
    const startMs = world.clock.monotonicMs();
    for (const { fault, when } of planned) {
      if ('atMs' in when)
        world.clock.schedule(Math.max(0, startMs + when.atMs - world.clock.monotonicMs()), () =>
          this.strike(fault),
        );
      else this.#steps.push({ step: when.step, left: when.nth, fault });
    }
    if (this.#steps.length > 0)
      world.onEngineStep = (engine, label) => {
        for (const waiting of [...this.#steps]) {
          if (!label.includes(waiting.step)) continue;
          waiting.left -= 1;
          if (waiting.left >= 0) continue;
          this.#steps.splice(this.#steps.indexOf(waiting), 1);
          world.story.tell('fault', `before ${label} of engine${engine + 1}:`);
          this.strike(waiting.fault, engine);
        }
      };
  }

  /** Ends everything that can end. */
  endAll(): void {
    this.#over = true;
    this.#world.onEngineStep = null;
    for (const undo of [...this.#undo]) undo();
  }

  #primary(): Place | undefined {
    const { master } = this.#world.now;
    return this.#world.places.find((place) => place.key === master?.primary);
  }

  #place(target: ServerTarget): Place | undefined {
    const { places } = this.#world;
    if (target === 'primary') return this.#primary();
    if (target === 'a-replica' || target === 'every-replica')
      return places.find((place) => place !== this.#primary());
    return places[target % places.length];
  }

  strike(fault: Fault, engine: number | null = null): void {
    if (this.#over) return;
    const world = this.#world;
    const { clock, network, story } = world;
    const nowMs = clock.monotonicMs();
    const place = 'server' in fault ? this.#place(fault.server) : undefined;
    story.tell('fault', `${describeFault(fault)}${place === undefined ? '' : ` (${place.key})`}`);
    const isPrimary = place !== undefined && place === this.#primary();
    const struck: StruckFault = {
      kind: fault.kind,
      fault,
      fromMs: nowMs,
      untilMs: Number.POSITIVE_INFINITY,
      member: place?.key ?? null,
      wasPrimary:
        isPrimary ||
        fault.kind === 'isolate-primary' ||
        (fault.kind === 'partition' && fault.hosts.includes('primary')),
    };
    this.struck.push(struck);
    const later = (ms: number, what: string, end: () => void): void => {
      const undo = (): void => {
        if (!this.#undo.delete(undo)) return;
        struck.untilMs = clock.monotonicMs();
        story.tell('fault', `over: ${what}`);
        end();
        clock.stir();
      };
      this.#undo.add(undo);
      clock.schedule(ms, undo);
    };
    const instant = (): void => {
      struck.untilMs = nowMs;
    };
    const froze = (process: SimProcess | null | undefined, forMs: number): void => {
      if (process == null || process.dead) return instant();
      process.freeze();
      later(forMs, `${process.name} goes on`, () => process.thaw());
    };
    switch (fault.kind) {
      case 'kill-mysqld': {
        if (place === undefined) return;
        place.mysqld.kill();
        later(fault.forMs, `mysqld ${place.key} starts`, () => place.mysqld.start());
        break;
      }
      case 'freeze-mysqld':
        froze(place?.mysqld.process, fault.forMs);
        for (const { mysqld } of world.places) mysqld.checkLink();
        break;
      case 'freeze-host': {
        froze(place?.mysqld.process, fault.forMs);
        froze(place?.agent?.process, fault.forMs);
        for (const { mysqld } of world.places) mysqld.checkLink();
        break;
      }
      case 'host-down':
      case 'host-lost': {
        if (place === undefined) return;
        this.#hostDown(place);
        if (fault.kind === 'host-lost') {
          place.mysqld.diskLost = true;
          break;
        }
        later(fault.forMs, `host ${place.host.name} is back`, () => {
          place.host.up = true;
          place.mysqld.start();
          world.startAgent(place);
        });
        break;
      }
      case 'kill-agent': {
        if (place === undefined) return;
        place.agent?.process.kill();
        later(fault.forMs, `agent of ${place.key} starts`, () => world.startAgent(place));
        break;
      }
      case 'freeze-agent':
        froze(place?.agent?.process, fault.forMs);
        break;
      case 'kill-engine':
      case 'freeze-engine': {
        const n = fault.engine ?? engine ?? this.#owner();
        const at = world.engines[n % world.engines.length];
        if (at === undefined) return;
        if (fault.kind === 'freeze-engine') return froze(at.engine?.process, fault.forMs);
        at.engine?.process.kill();
        later(fault.forMs, `engine${n + 1} starts`, () => world.startEngine(n));
        break;
      }
      case 'kill-router':
      case 'freeze-router': {
        const n = fault.router % world.routers.length;
        const process = world.routers[n]?.router?.process;
        if (fault.kind === 'freeze-router') return froze(process, fault.forMs);
        process?.kill();
        later(fault.forMs, `router-sync ${n + 1} starts`, () => world.startRouter(n));
        break;
      }
      case 'partition':
        this.#partition(fault.hosts, fault.way, (end) => later(fault.forMs, 'partition', end));
        break;
      case 'isolate-primary': {
        const primary = this.#primary();
        if (primary === undefined) return;
        this.#partition([primary.host.name], fault.way, (end) => later(fault.forMs, 'partition', end));
        break;
      }
      case 'cut-engines-off': {
        const ways = world.engines.flatMap((at) => world.places.map((to) => [at.host, to.host] as const));
        for (const [from, to] of ways) network.block(from, to);
        later(fault.forMs, 'engines reach the servers', () => {
          for (const [from, to] of ways) network.unblock(from, to);
        });
        break;
      }
      case 'zookeeper-down':
        world.zookeeper.memory.stop();
        later(fault.forMs, 'ZooKeeper is back', () => world.zookeeper.memory.start());
        break;
      case 'zookeeper-flaps': {
        for (let n = 0; n < fault.times; n += 1) {
          clock.schedule(2 * n * fault.everyMs, () => {
            if (!this.#over) world.zookeeper.memory.stop();
          });
          clock.schedule((2 * n + 1) * fault.everyMs, () => world.zookeeper.memory.start());
        }
        later(2 * fault.times * fault.everyMs, 'ZooKeeper is steady', () => world.zookeeper.memory.start());
        break;
      }
      case 'lose-zookeeper-answers':
        world.zookeeper.loseAnswers = fault.chance;
        later(fault.forMs, 'ZooKeeper answers reliably', () => (world.zookeeper.loseAnswers = 0));
        break;
      case 'expire-session': {
        const process =
          fault.of === 'engine'
            ? world.engines[fault.index % world.engines.length]?.engine?.process
            : fault.of === 'agent'
              ? world.places[fault.index % world.places.length]?.agent?.process
              : world.routers[fault.index % world.routers.length]?.router?.process;
        // A session ends before its time only by a hand that reaches its client: what is cut off runs its whole time.
        if (process !== undefined && world.zookeeper.reaches(process)) world.zookeeper.expire(process);
        instant();
        break;
      }
      case 'clock-jump': {
        const host = world.hosts.get(fault.host);
        if (host !== undefined) host.wallOffsetMs += fault.byMs;
        instant();
        break;
      }
      case 'slow-applier': {
        if (place === undefined) return;
        const slow =
          fault.server === 'every-replica' ? world.places.filter((p) => p !== this.#primary()) : [place];
        for (const { mysqld } of slow) mysqld.applyMs = fault.applyMs;
        later(fault.forMs, 'appliers are quick again', () => {
          for (const { mysqld } of slow) mysqld.applyMs = mysqld.options.applyMs;
        });
        break;
      }
      case 'slow-network':
        network.slowness = fault.factor;
        later(fault.forMs, 'the network is quick again', () => (network.slowness = 1));
        break;
      case 'switchover':
        instant();
        void world
          .asPerson((store) =>
            store.task.append(
              {},
              {
                kind: 'switchover',
                group,
                requestedBy: 'person',
                requestedAtMs: Math.round(clock.wallMs()),
                args: {},
              },
              { timeoutMs: 5_000 },
            ),
          )
          .catch((error: unknown) => story.tell('person', `could not ask: ${String(error)}`));
        break;
    }
    clock.stir();
  }

  #owner(): number {
    const { engines, zookeeper } = this.#world;
    const node = zookeeper.memory.dump('/mysql/engine/owner').find(({ path }) => path.endsWith(`/${group}`));
    const found = engines.findIndex((_, n) => node?.data.toString().includes(`"engine${n + 1}"`) === true);
    return Math.max(0, found);
  }

  #hostDown(place: Place): void {
    place.host.up = false;
    place.agent?.process.kill();
    place.mysqld.kill();
    for (const { mysqld } of this.#world.places) mysqld.checkLink();
  }

  #partition(names: readonly string[], way: 'both' | 'out' | 'in', later: (end: () => void) => void): void {
    const { network, hosts } = this.#world;
    const primary = this.#primary()?.host.name ?? '';
    const isInside = (host: SimHost): boolean =>
      names.includes(host.name) || (host.name === primary && names.includes('primary'));
    const inside = [...hosts.values()].filter(isInside);
    const outside = [...hosts.values()].filter((host) => !isInside(host));
    const ways: [SimHost, SimHost][] = [];
    for (const a of inside)
      for (const b of outside) {
        if (way !== 'in') ways.push([a, b]);
        if (way !== 'out') ways.push([b, a]);
      }
    for (const [from, to] of ways) network.block(from, to);
    later(() => {
      for (const [from, to] of ways) network.unblock(from, to);
    });
  }
}
