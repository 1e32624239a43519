import type { ZooKeeper } from '@dcmha/zk-client';
import { createStore, type EphemeralNode } from '@dcmha/zk-schema';
import type { MemberKey } from '../../core/model.js';
import type { SimHost } from '../net/sim-host.js';
import type { Random } from '../time/random.js';
import type { SimClock } from '../time/sim-clock.js';
import { SimProcess } from '../time/sim-process.js';
import type { Story } from '../time/story.js';
import { storeClock } from './sim-agent.js';
import type { SimZooKeeper } from './sim-zookeeper.js';

export interface AppliedRoute {
  readonly write: MemberKey | null;
  readonly epoch: number;
  readonly version: number;
}

/** The proxy itself: it goes on with the route it has, whatever becomes of router-sync. */
export class SimProxy {
  route: AppliedRoute | null = null;
  readonly #sessions = new Set<{ readonly to: MemberKey; readonly cut: () => void }>();

  constructor(
    readonly name: string,
    readonly host: SimHost,
  ) {}

  apply(route: AppliedRoute): void {
    this.route = route;
    for (const session of [...this.#sessions]) {
      if (session.to === route.write) continue;
      this.#sessions.delete(session);
      session.cut();
    }
  }

  /** A session to a server; `cut` is called when the proxy ends it. */
  open(to: MemberKey, cut: () => void): () => void {
    const session = { to, cut };
    this.#sessions.add(session);
    return () => this.#sessions.delete(session);
  }
}

export interface SimRouterOptions {
  readonly proxy: SimProxy;
  readonly group: string;
  readonly root: string;
  readonly clock: SimClock;
  readonly zookeeper: SimZooKeeper;
  readonly random: Random;
  readonly story: Story;
  /** How long applying a route takes. */
  readonly applyMs: readonly [min: number, max: number];
}

const retryMs = 100;

/** router-sync beside a proxy: watches the route, applies it, acknowledges; an older route than it has is refused. */
export class SimRouter {
  readonly process: SimProcess;
  readonly #o: SimRouterOptions;
  #ack: EphemeralNode<'routerAck'> | null = null;
  #acked = -1;
  #stale = false;
  #reading = false;

  constructor(options: SimRouterOptions) {
    this.#o = options;
    const { proxy, clock, zookeeper, story } = options;
    this.process = new SimProcess(`router-sync ${proxy.name}`, proxy.host, clock);
    void zookeeper.keepSession(
      this.process,
      (zk, over) => this.#session(zk, over),
      (text) => story.tell(this.process.name, text),
    );
  }

  async #session(zk: ZooKeeper, over: AbortSignal): Promise<void> {
    const { root, clock, group } = this.#o;
    const store = createStore(zk, { root, clock: storeClock(clock, this.process) });
    const read = async (): Promise<void> => {
      const stored = await store.route.read({ group }, { signal: over });
      if (stored === null) return;
      const { write, epoch, version } = stored.value;
      await this.#apply({ write, epoch, version });
      const value = { version: this.#o.proxy.route?.version ?? 0, epoch, appliedAtMs: clock.wallMs() };
      const params = { group, router: this.#o.proxy.name };
      if (this.#ack === null)
        this.#ack = await store.routerAck.ensureEphemeral(params, value, { signal: over });
      else if (this.#acked !== value.version) await this.#ack.update(value, { signal: over });
      this.#acked = value.version;
    };
    const look = async (): Promise<void> => {
      this.#stale = true;
      if (this.#reading) return;
      this.#reading = true;
      try {
        while (this.#stale && !over.aborted) {
          this.#stale = false;
          try {
            await read();
          } catch {
            if (over.aborted) return;
            this.#stale = true;
            await this.process.sleep(retryMs);
          }
        }
      } finally {
        this.#reading = false;
      }
    };
    this.#ack = null;
    this.#acked = -1;
    this.#reading = false;
    await zk.addWatch(store.route.path({ group }), () => void look(), { signal: over });
    const forget = zk.onState(({ state }) => {
      if (state === 'connected') void look();
    });
    over.addEventListener('abort', forget, { once: true });
    await look();
  }

  async #apply(route: AppliedRoute): Promise<void> {
    const { proxy, applyMs, random, story } = this.#o;
    const has = proxy.route;
    if (has !== null && has.version === route.version && has.epoch === route.epoch) return;
    const older =
      has !== null && (route.epoch < has.epoch || (route.epoch === has.epoch && route.version < has.version));
    if (older) {
      story.tell(this.process.name, `refuses the older route ${route.version}`);
      return;
    }
    await this.process.sleep(random.between(...applyMs));
    await this.process.step('apply route');
    proxy.apply(route);
    story.tell(
      proxy.name,
      `writes go to ${route.write ?? 'nobody'} (epoch ${route.epoch}, version ${route.version})`,
    );
  }
}
