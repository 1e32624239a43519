import type { ZooKeeper } from '@dcmha/zk-client';
import { createStore, type Logger } from '@dcmha/zk-schema';
import { engineConfigSchema, type EngineConfigInput } from '../../config.js';
import type { MemberKey } from '../../core/model.js';
import type { AgentControl, Deadline, ManagedServerControl } from '../../ports.js';
import { EngineShift } from '../../shell/engine-shift.js';
import type { EngineWorld } from '../../shell/engine-world.js';
import type { SimHost } from '../net/sim-host.js';
import type { Network } from '../net/network.js';
import { SimControl } from '../mysql/sim-control.js';
import type { SimMysqld } from '../mysql/sim-mysqld.js';
import type { SimClock } from '../time/sim-clock.js';
import { SimProcess } from '../time/sim-process.js';
import type { Story } from '../time/story.js';
import { type SimAgent, storeClock } from './sim-agent.js';
import type { SimZooKeeper } from './sim-zookeeper.js';

export interface SimEngineOptions {
  readonly name: string;
  readonly host: SimHost;
  readonly clock: SimClock;
  readonly network: Network;
  readonly zookeeper: SimZooKeeper;
  readonly story: Story;
  readonly root: string;
  readonly observe: EngineConfigInput['observe'];
  readonly server: (key: MemberKey) => SimMysqld | undefined;
  /** The agent that lives on this host now. */
  readonly agentOn: (host: string) => SimAgent | undefined;
  readonly hostNamed: (host: string) => SimHost | undefined;
  /** Broken variants put something between the engine and its servers. */
  readonly wrap: (control: ManagedServerControl) => ManagedServerControl;
  readonly newId: () => string;
}

/** An engine process: the real `EngineShift` with all that it runs, in a simulated world. */
export class SimEngine {
  readonly process: SimProcess;
  readonly #o: SimEngineOptions;

  constructor(options: SimEngineOptions) {
    this.#o = options;
    const { name, host, clock, zookeeper } = options;
    this.process = new SimProcess(name, host, clock);
    void zookeeper.keepSession(
      this.process,
      (zk, over) => this.#session(zk, over),
      (text) => this.#tell(text),
    );
  }

  #tell(text: string): void {
    if (!this.process.dead) this.#o.story.tell(this.process.name, text);
  }

  async #session(zk: ZooKeeper, over: AbortSignal): Promise<void> {
    const { root, clock, name, observe } = this.#o;
    const logger: Logger = {
      debug: () => undefined,
      info: (message) => this.#tell(message),
      warn: (message) => this.#tell(message),
      error: (message) => this.#tell(`error: ${message}`),
    };
    const store = createStore(zk, { root, logger, clock: storeClock(clock, this.process) });
    const config = engineConfigSchema.parse({
      zookeeper: { connect: 'simulated:2181', root },
      engineId: name,
      mysql: { user: 'engine', password: '' },
      replication: { user: 'repl', password: '' },
      observe: observe ?? {},
    });
    const shift = new EngineShift({
      store,
      over,
      config,
      world: this.#world(),
      engineId: name,
      endpoint: `http://${name}:9000`,
      logger,
    });
    await shift.begin();
  }

  #world(): EngineWorld {
    const { network, newId, wrap } = this.#o;
    const caller = this.process;
    return {
      clock: caller.clock,
      newId,
      connect: (member, lost) => {
        const server = this.#o.server(member);
        if (server === undefined) throw new Error(`${member} does not exist in this simulation`);
        return wrap(new SimControl({ caller, network, server, lost }));
      },
      agent: (endpoint) => this.#agent(new URL(endpoint).hostname),
    };
  }

  #agent(host: string): AgentControl {
    return {
      close: (member, epoch, { endHung, ...deadline }) =>
        this.#ask(host, 'agent.close', deadline, (agent) => agent.close(member, epoch, endHung)),
      startTail: (member, epoch, _login, deadline) =>
        this.#ask(host, 'agent.startTail', deadline, (agent) => agent.startTail(member, epoch)),
      stopTail: (member, epoch, deadline) =>
        this.#ask(host, 'agent.stopTail', deadline, (agent) => agent.stopTail(member, epoch)),
      opinion: (target, deadline) =>
        this.#ask(host, 'agent.opinion', deadline, (agent) =>
          agent.opinion(target, deadline.timeoutMs * 0.8),
        ),
    };
  }

  /** One HTTP request to an agent. */
  async #ask<T>(
    hostName: string,
    label: string,
    deadline: Deadline,
    work: (agent: SimAgent) => T | Promise<T>,
  ): Promise<T> {
    const { network, hostNamed, agentOn } = this.#o;
    const caller = this.process;
    const host = hostNamed(hostName);
    if (host === undefined) throw new Error(`no host ${hostName}`);
    await caller.step(`${label} ${hostName}`);
    return new Promise<T>((resolve, reject) => {
      let over = false;
      const end = (settle: () => void): void => {
        if (over) return;
        over = true;
        cancel();
        settle();
      };
      const cancel = caller.schedule(deadline.timeoutMs, () =>
        end(() =>
          reject(new Error(`the agent on ${hostName} did not answer within ${deadline.timeoutMs} ms`)),
        ),
      );
      const back = (run: () => void): void => network.send(host, caller.host, () => caller.deliver(run));
      network.send(caller.host, host, () => {
        const agent = agentOn(hostName);
        if (agent === undefined || agent.process.dead)
          return back(() => end(() => reject(new Error(`nothing listens on ${hostName}: no agent`))));
        agent.process.deliver(() => {
          void (async () => work(agent))().then(
            (value) => back(() => end(() => resolve(value))),
            (error: unknown) =>
              back(() => end(() => reject(error instanceof Error ? error : new Error(String(error))))),
          );
        });
      });
    });
  }
}
