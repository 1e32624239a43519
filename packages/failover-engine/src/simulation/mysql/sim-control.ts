import type { MemberKey, ProbeOutcome, ServerState } from '../../core/model.js';
import type { Deadline, FetchOptions, FollowOptions, ManagedServerControl, TailSource } from '../../ports.js';
import type { Network } from '../net/network.js';
import type { SimProcess } from '../time/sim-process.js';
import { Gtids } from './gtids.js';
import { CallFailedError, remoteCall } from './remote-call.js';
import type { SimMysqld } from './sim-mysqld.js';

export interface SimControlOptions {
  readonly caller: SimProcess;
  readonly network: Network;
  readonly server: SimMysqld;
  /** The held connection ended by itself. */
  readonly lost: (member: MemberKey, detail: string) => void;
}

/** A server under an engine's control, over the simulated network; a call of several statements takes as many round trips. */
export class SimControl implements ManagedServerControl {
  readonly key: MemberKey;
  readonly #o: SimControlOptions;
  /** The process that the held connection leads to. */
  #held: SimProcess | null = null;
  #released = false;

  constructor(options: SimControlOptions) {
    this.#o = options;
    this.key = options.server.key;
  }

  async probe({
    timeoutMs,
    signal,
  }: Deadline): Promise<{ readonly outcome: ProbeOutcome; readonly detail: string }> {
    try {
      await this.#call('ping', { timeoutMs, signal }, () => undefined);
      return { outcome: 'alive', detail: '' };
    } catch (error) {
      return { outcome: outcomeOf(error), detail: error instanceof Error ? error.message : String(error) };
    }
  }

  async read(deadline: Deadline): Promise<ServerState> {
    const { caller, server } = this.#o;
    const state = await this.#call('read', deadline, (s) => s.state());
    const { process } = server;
    if (process !== null && this.#held !== process && !this.#released) {
      this.#held = process;
      process.onDead(() => {
        // A host that goes down tells nobody.
        if (!server.host.up) return;
        this.#o.network.send(server.host, caller.host, () =>
          caller.deliver(() => {
            if (!this.#released) this.#o.lost(this.key, 'the connection was lost');
          }),
        );
      });
    }
    return state;
  }

  close(deadline: Deadline): Promise<void> {
    return this.#call('close', deadline, (s) => s.close());
  }

  stopReceiver(deadline: Deadline): Promise<void> {
    return this.#call('stopReceiver', deadline, (s) => s.stopReceiver());
  }

  startReceiver(deadline: Deadline): Promise<void> {
    return this.#call('startReceiver', deadline, (s) => s.startReceiver());
  }

  startApplier(deadline: Deadline): Promise<void> {
    return this.#call('startApplier', deadline, (s) => s.startApplier());
  }

  waitForGtids(set: string, { timeoutMs, signal }: Deadline): Promise<boolean> {
    const wanted = Gtids.of(set);
    return this.#call('waitForGtids', { timeoutMs, signal }, (s) =>
      s.waitFor(wanted, Math.max(1, timeoutMs - 30)),
    );
  }

  relax(deadline: Deadline): Promise<void> {
    return this.#call('relax', deadline, () => undefined);
  }

  prepareAsSource(ackers: number | null, deadline: Deadline): Promise<void> {
    return this.#call('prepareAsSource', deadline, (s) => s.prepareAsSource(ackers));
  }

  shortenBinlog(deadline: Deadline): Promise<void> {
    return this.#call('shortenBinlog', deadline, () => undefined);
  }

  openWrites(deadline: Deadline): Promise<void> {
    return this.#call('openWrites', deadline, (s) => s.open());
  }

  async leaveSource(deadline: Deadline): Promise<void> {
    await this.#call('stopReplica', deadline, (s) => {
      s.stopReceiver();
      s.stopApplier();
    });
    await this.#call('resetReplica', deadline, (s) => s.leaveSource());
  }

  async follow(
    source: MemberKey,
    { heartbeatPeriodMs, semisync, ...deadline }: FollowOptions,
  ): Promise<void> {
    await followSource((label, work) => this.#call(label, deadline, work), {
      source,
      heartbeatPeriodMs,
      semisync,
      timeoutMs: deadline.timeoutMs,
    });
  }

  async fetchFrom(source: TailSource, { heartbeatPeriodMs, ...deadline }: FetchOptions): Promise<void> {
    await followSource((label, work) => this.#call(label, deadline, work), {
      source: `${source.host}:${source.port}`,
      heartbeatPeriodMs,
      semisync: false,
      timeoutMs: deadline.timeoutMs,
    });
  }

  async longTransactions(): Promise<readonly { readonly user: string; readonly ageMs: number }[]> {
    return [];
  }

  async release(): Promise<void> {
    this.#released = true;
  }

  #call<T>(label: string, deadline: Deadline, work: (server: SimMysqld) => T | Promise<T>): Promise<T> {
    const { caller, network, server } = this.#o;
    return remoteCall(caller, network, server, label, deadline, work);
  }
}

type Call = <T>(label: string, work: (server: SimMysqld) => T | Promise<T>) => Promise<T>;

export interface FollowRequest {
  readonly source: string;
  readonly heartbeatPeriodMs: number;
  readonly semisync: boolean;
  readonly timeoutMs: number;
}

/** What `MysqlInstance.follow` does, in its round trips: look, then change with the applier running, then the rest. */
export async function followSource(call: Call, request: FollowRequest): Promise<void> {
  const { source, heartbeatPeriodMs, semisync } = request;
  const plan = await call('look', (s) => {
    const { channel } = s.state();
    if (channel === null) return 'full' as const;
    const same = channel.source === source && s.semisyncReplica === semisync && s.receiverHealthy;
    if (!same) return 'receiver' as const;
    return channel.receiver === 'stopped' || channel.applier === 'stopped'
      ? ('threads' as const)
      : ('already' as const);
  });
  if (plan === 'receiver') {
    // With the applier stopped CHANGE would throw unapplied relay log away: applied first.
    await call('applyFirst', async (s) => {
      if (s.state().channel?.applier !== 'stopped' || s.unapplied === 0) return;
      s.stopReceiver();
      s.startApplier();
      if (!(await s.waitFor(s.has(), request.timeoutMs / 2)))
        throw new Error(`${s.key}: received transactions are not applied, and would be thrown away`);
    });
  }
  await call('changeSource', (s) => {
    if (!s.state().readOnly) s.closeQuietly();
    if (s.semisyncReplica !== semisync) s.setSemisyncReplica(semisync);
    if (plan === 'receiver' || plan === 'full') {
      s.stopReceiver();
      if (plan === 'full') s.stopApplier();
      s.changeSource(source, heartbeatPeriodMs);
    }
    s.startReceiver();
  });
  await call('finishFollow', (s) => {
    s.semisyncSourceOff();
    s.startApplier();
  });
}

export function outcomeOf(error: unknown): ProbeOutcome {
  if (!(error instanceof CallFailedError)) return 'unknown';
  switch (error.how) {
    case 'refused':
    case 'lost':
      return 'refused';
    case 'timeout':
      return 'unreachable';
    case 'hung':
      return 'hung';
    case 'sql':
      return 'alive';
    case 'aborted':
      return 'unknown';
  }
}
