import { createStore, decodeValue, type NodeValue, type Store } from '@dcmha/zk-schema';
import { groupPolicySchema, type GroupPolicy } from '@dcmha/zk-schema';
import type { MemberKey } from '../core/model.js';
import { SimAgent, storeClock } from './actors/sim-agent.js';
import { SimClient, type WriteRecord } from './actors/sim-client.js';
import { SimEngine } from './actors/sim-engine.js';
import { SimProxy, SimRouter } from './actors/sim-router.js';
import { SimZooKeeper } from './actors/sim-zookeeper.js';
import type { BinlogSource } from './mysql/binlog-source.js';
import { SimMysqld } from './mysql/sim-mysqld.js';
import type { SimTail } from './mysql/sim-tail.js';
import { mutate } from './mutations.js';
import { Network } from './net/network.js';
import { SimHost } from './net/sim-host.js';
import type { Setup } from './setup.js';
import { Random } from './time/random.js';
import { SimClock } from './time/sim-clock.js';
import { SimProcess } from './time/sim-process.js';
import { Story } from './time/story.js';

export const root = '/mysql';
export const group = 'g';

/** A service manager starts a process that was ended again after this. */
const restartMs = 3_000;

/** One version of the records that engines write. */
export interface RecordChange {
  readonly atMs: number;
  readonly master: NodeValue<'master'> | null;
  readonly route: NodeValue<'route'> | null;
  readonly journal: NodeValue<'journal'> | null;
}

/** A member's place: its machine, and what runs on it. */
export interface Place {
  readonly key: MemberKey;
  readonly host: SimHost;
  readonly mysqld: SimMysqld;
  readonly saved: Set<number>;
  agent: SimAgent | null;
}

interface EnginePlace {
  readonly host: SimHost;
  engine: SimEngine | null;
}

interface RouterPlace {
  readonly proxy: SimProxy;
  router: SimRouter | null;
}

/** A whole installation of one group on a virtual clock. */
export class World {
  readonly clock = new SimClock();
  readonly story = new Story(() => this.clock.monotonicMs());
  readonly network: Network;
  readonly zookeeper: SimZooKeeper;
  readonly places: Place[] = [];
  readonly engines: EnginePlace[] = [];
  readonly routers: RouterPlace[] = [];
  readonly writes: WriteRecord[] = [];
  readonly records: RecordChange[] = [];
  readonly policy: GroupPolicy;
  readonly hosts = new Map<string, SimHost>();
  /** Told before each request of an engine. */
  onEngineStep: ((engine: number, label: string) => void) | null = null;
  readonly #clients: SimClient[] = [];
  #seen: Record<'master' | 'route' | 'journal', Buffer | null> = { master: null, route: null, journal: null };
  readonly #tails = new Map<string, SimTail>();
  #ids = 0;

  constructor(readonly setup: Setup) {
    const { seed } = setup;
    this.policy = groupPolicySchema.parse(setup.policy);
    this.network = new Network(this.clock, Random.named(seed, 'network'), setup.network);
    this.zookeeper = new SimZooKeeper({
      clock: this.clock,
      network: this.network,
      random: Random.named(seed, 'zookeeper'),
      sessionTimeoutMs: setup.sessionTimeoutMs,
      gate: { withoutChecks: setup.mutation === 'no-ownership-check' },
      written: () => this.#readRecords(),
    });
    this.hosts.set(this.zookeeper.host.name, this.zookeeper.host);
    this.network.onChange(() => {
      for (const { mysqld } of this.places) mysqld.checkLink();
    });
  }

  /** Builds the installation and lets it come to rest. */
  async begin(): Promise<void> {
    const { setup } = this;
    const semisync = this.policy.durability.mode === 'semisync';
    for (const [n, member] of setup.members.entries()) {
      const host = this.#host(`db${n + 1}`, member.region);
      const key = `${host.name}:3306`;
      const mysqld = new SimMysqld(
        key,
        `0000000${n + 1}-0000-0000-0000-000000000000`,
        n + 1,
        host,
        member.version,
        {
          clock: this.clock,
          network: this.network,
          story: this.story,
          server: (k) => this.server(k),
          source: (k) => this.#source(k),
        },
        {
          commitMs: 0.4,
          applyMs: member.applyMs,
          netTimeoutMs: setup.netTimeoutMs,
          relayLogRecovery: setup.relayLogRecovery,
          semisyncReplicaAtStart: semisync,
          startMs: 1_000,
        },
      );
      this.places.push({ key, host, mysqld, saved: new Set(), agent: null });
    }
    const [primary] = this.places;
    if (primary === undefined) throw new RangeError('a group needs members');
    for (const { mysqld } of this.places) {
      if (mysqld !== primary.mysqld)
        mysqld.disk.channel = { source: primary.key, heartbeatPeriodMs: this.policy.heartbeatPeriodMs };
      mysqld.start();
    }
    await this.clock.advance(5);
    primary.mysqld.prepareAsSource(
      this.policy.durability.mode === 'semisync' ? this.policy.durability.ackers : null,
    );
    primary.mysqld.open();
    await this.#register();
    for (const place of this.places) this.startAgent(place);
    const regions = [...new Set(setup.members.map((m) => m.region))];
    for (let n = 0; n < setup.routers; n += 1) {
      const proxy = new SimProxy(
        `proxy${n + 1}`,
        this.#host(`r${n + 1}`, regions[n % regions.length] as string),
      );
      this.routers.push({ proxy, router: null });
      this.startRouter(n);
    }
    for (let n = 0; n < setup.engines; n += 1) {
      this.engines.push({
        host: this.#host(`e${n + 1}`, regions[n % regions.length] as string),
        engine: null,
      });
      this.startEngine(n);
    }
    await this.clock.advance(1_500);
    for (let n = 0; n < setup.clients; n += 1) {
      this.#clients.push(
        new SimClient({
          name: `client${n + 1}`,
          host: this.#host(`c${n + 1}`, regions[n % regions.length] as string),
          proxies: this.routers.map(({ proxy }) => proxy),
          clock: this.clock,
          network: this.network,
          random: Random.named(setup.seed, `client${n}`),
          server: (k) => this.server(k),
          begin: (client) => this.#beginWrite(client),
          thinkMs: setup.thinkMs,
          timeoutMs: 2_000,
        }),
      );
    }
  }

  stopClients(): void {
    for (const client of this.#clients) client.stop();
  }

  /** Nothing runs any more. */
  end(): void {
    for (const { engine } of this.engines) engine?.process.kill();
    for (const { router } of this.routers) router?.process.kill();
    for (const { agent, mysqld } of this.places) {
      agent?.process.kill();
      mysqld.kill();
    }
  }

  server(key: MemberKey): SimMysqld | undefined {
    return this.places.find((place) => place.key === key)?.mysqld;
  }

  #source(key: string): BinlogSource | undefined {
    return this.server(key) ?? this.#tails.get(key);
  }

  #host(name: string, region: string): SimHost {
    const host = new SimHost(name, region);
    this.hosts.set(name, host);
    return host;
  }

  #beginWrite(client: string): WriteRecord {
    const record: WriteRecord = {
      row: this.writes.length + 1,
      client,
      startedMs: this.clock.monotonicMs(),
      told: 'pending',
      toldMs: 0,
      by: null,
      saidMs: 0,
    };
    this.writes.push(record);
    return record;
  }

  // What runs where.

  startAgent(place: Place): void {
    if (!place.host.up || (place.agent !== null && !place.agent.process.dead)) return;
    place.agent = new SimAgent({
      server: place.mysqld,
      clock: this.clock,
      network: this.network,
      zookeeper: this.zookeeper,
      story: this.story,
      root,
      member: (key) => this.server(key),
      peer: (key) => this.places.find((p) => p.mysqld.key === key)?.agent ?? undefined,
      saved: place.saved,
      setTail: (tail) => this.#tails.set(tail.key, tail),
      dropTail: (tail) => this.#tails.delete(tail.key),
      ended: () => {
        const { mysqld } = place;
        this.clock.schedule(restartMs, () => mysqld.start());
      },
      neverCloses: this.setup.mutation === 'agents-never-close' || this.setup.mutation === 'fencing-skipped',
    });
  }

  startRouter(n: number): void {
    const place = this.routers[n];
    if (place === undefined || !place.proxy.host.up || (place.router !== null && !place.router.process.dead))
      return;
    place.router = new SimRouter({
      proxy: place.proxy,
      group,
      root,
      clock: this.clock,
      zookeeper: this.zookeeper,
      random: Random.named(this.setup.seed, `router${n}`),
      story: this.story,
      applyMs: [1, 8],
    });
  }

  startEngine(n: number): void {
    const place = this.engines[n];
    if (place === undefined || !place.host.up || (place.engine !== null && !place.engine.process.dead))
      return;
    place.engine = new SimEngine({
      name: `engine${n + 1}`,
      host: place.host,
      clock: this.clock,
      network: this.network,
      zookeeper: this.zookeeper,
      story: this.story,
      root,
      observe: this.setup.observe,
      server: (key) => this.server(key),
      agentOn: (host) => this.places.find((p) => p.host.name === host)?.agent ?? undefined,
      hostNamed: (host) => this.hosts.get(host),
      wrap: (control) => mutate(control, this.setup.mutation),
      newId: () => `op-${(this.#ids += 1)}`,
    });
    place.engine.process.onStep = (label) => this.onEngineStep?.(n, label);
  }

  /** The group's records at the ensemble itself. */
  get now(): RecordChange {
    const last = this.records.at(-1);
    if (last === undefined) throw new Error('nothing was recorded yet');
    return last;
  }

  #readRecords(): void {
    const raw = (folder: string): Buffer | null => {
      const path = `${root}/${folder}/${group}`;
      const node = this.zookeeper.memory.dump(path)[0];
      return node === undefined || node.path !== path ? null : node.data;
    };
    const nodes = { master: raw('master'), route: raw('haproxy'), journal: raw('journal') };
    // The ensemble keeps a value for as long as it is the same one.
    const seen = this.#seen;
    if (nodes.master === seen.master && nodes.route === seen.route && nodes.journal === seen.journal) return;
    this.#seen = nodes;
    const read = <Key extends 'master' | 'route' | 'journal'>(key: Key): NodeValue<Key> | null => {
      const data = nodes[key];
      return data === null ? null : decodeValue(key, data, `${key}/${group}`);
    };
    const next: RecordChange = {
      atMs: this.clock.monotonicMs(),
      master: read('master'),
      route: read('route'),
      journal: read('journal'),
    };
    const last = this.records.at(-1);
    const same = (key: 'master' | 'route' | 'journal'): boolean =>
      last !== undefined && JSON.stringify(last[key]) === JSON.stringify(next[key]);
    if (same('master') && same('route') && same('journal')) return;
    this.records.push(next);
    const tell = (text: string): void => this.story.tell('zookeeper', text);
    if (!same('master'))
      tell(
        `master: ${next.master === null ? 'nobody' : `${next.master.primary}, epoch ${next.master.epoch}`}`,
      );
    if (!same('route') && next.route !== null)
      tell(
        `route: write ${next.route.write ?? 'nobody'}, read ${next.route.read.join(' ')}, epoch ${next.route.epoch}, version ${next.route.version}`,
      );
    if (!same('journal'))
      tell(
        `journal: ${next.journal === null ? 'empty' : `${next.journal.operation} ${next.journal.id} at ${next.journal.step} by ${next.journal.owner}`}`,
      );
  }

  /** A person's hand on the tree. */
  async asPerson<T>(work: (store: Store) => Promise<T>): Promise<T> {
    const host = this.hosts.get('person') ?? this.#host('person', 'eu');
    const process = new SimProcess('person', host, this.clock);
    const client = this.zookeeper.connect(process);
    const store = createStore(client, { root, clock: storeClock(this.clock, process) });
    try {
      await client.waitConnected({ timeoutMs: 10_000 });
      return await work(store);
    } finally {
      await client.close();
    }
  }

  async #register(): Promise<void> {
    const members = this.places.map(({ key }) => key);
    const [primary] = this.places;
    if (primary === undefined) return;
    let done = false;
    const registering = this.asPerson(async (store) => {
      await store.prepare({ timeoutMs: 10_000 });
      for (const [n, member] of this.setup.members.entries())
        await store.metaHost.create(
          { server: members[n] as string },
          { group, region: member.region, promotion: member.promotion },
        );
      await store.metaGroup.create({ group }, { members, flavor: 'mysql', policy: this.setup.policy });
      const sinceMs = Math.round(this.clock.wallMs());
      await store.master.create(
        { group },
        { primary: primary.key, epoch: 1, sinceMs, gtidExecuted: '', serverUuid: primary.mysqld.uuid },
      );
      await store.route.create(
        { group },
        {
          write: primary.key,
          read: members.slice(1).length > 0 ? members.slice(1) : members,
          epoch: 1,
          version: 1,
          reason: 'registered',
        },
      );
    }).finally(() => (done = true));
    await this.clock.advance(10_000, () => done);
    await registering;
  }
}
