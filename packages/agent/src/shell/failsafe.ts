import type { ZooKeeper } from '@dcmha/zk-client';
import {
  formatAddress,
  parseAddress,
  vouch,
  type Logger,
  type Store,
  type VouchAnswer,
  type VouchRequest,
} from '@dcmha/zk-schema';
import type { GroupMemory } from '../core/group-memory.js';
import type { Knowledge } from './knowledge.js';
import type { LocalServer } from './local-server.js';
import type { MemoryFile } from './memory-file.js';
import { Voucher } from './voucher.js';

export interface FailsafeOptions {
  readonly server: string;
  readonly token: string | undefined;
  readonly sessionTimeoutMs: number;
  readonly knowledge: Knowledge;
  readonly local: LocalServer;
  readonly memory: MemoryFile;
  readonly zk: () => ZooKeeper | null;
  /** Reads the group's records as of now. */
  readonly learn: () => Promise<void>;
  readonly logger: Logger;
  readonly changed: () => void;
}

/** What the guard has to know of leases and agreements. */
export interface LeaseFacts {
  readonly primary: string | null;
  readonly leaseEnforced: boolean;
  readonly leaseRemainingMs: number;
  readonly vouchedRemainingMs: number;
  readonly vouchMarginMs: number;
}

/** An agreement counts for this part of `leaseMs`, so that it has run out when an engine has waited for that long. */
const validityOfLease = 1 / 2;
/** Closing takes a moment: begin when this part of the agreement is left. */
const marginOfValidity = 1 / 3;
/** The others are asked when less than this part of the session is left. */
const sessionLeft = 0.6;

/**
 * What lets a primary stay open while ZooKeeper is away (fencing `failsafe`): what is remembered of the group, on disk too,
 * and the word of the agents of all other members. Also what this agent says when another asks it.
 */
export class Failsafe {
  readonly #o: FailsafeOptions;
  readonly #voucher: Voucher;
  readonly #startedAtMs = performance.now();
  #memory: GroupMemory | null = null;
  /** ZooKeeper has been asked in this life of the agent: what is on disk counts no more. */
  #learned = false;

  constructor(options: FailsafeOptions) {
    this.#o = options;
    this.#voucher = new Voucher(options);
  }

  async begin(): Promise<void> {
    this.#memory = await this.#o.memory.read(this.#o.server);
  }

  async close(): Promise<void> {
    this.#voucher.close();
    await this.#o.memory.flushed();
  }

  /** Follows where the agents of the members answer, for as long as the signal says. */
  async watchPeers(
    store: Store,
    members: readonly string[],
    until: { readonly signal: AbortSignal },
  ): Promise<void> {
    const { endpoints } = this.#o.knowledge;
    for (const known of [...endpoints.keys()]) if (!members.includes(known)) endpoints.delete(known);
    await Promise.all(
      members.map(async (server) => {
        await store.onlineList.watch(
          { server },
          (update) => {
            if (update.kind !== 'value' || update.stored?.value.endpoint === undefined) return;
            endpoints.set(server, update.stored.value.endpoint);
            this.noted();
          },
          until,
        );
        if (endpoints.has(server)) return;
        // Its server is down: its agent may be there all the same, under its usual name.
        const host = parseAddress(server).host;
        const client = await store.onlineClients.read({ host }, until);
        if (client?.value.servers.includes(server) === true) endpoints.set(server, client.value.endpoint);
      }),
    );
  }

  /** Everything of the group was read once in this life of the agent. */
  learned(): void {
    this.#learned = true;
    this.noted();
  }

  /** What is known of the group has changed. */
  noted(): void {
    if (!this.#learned) return;
    const { knowledge, server, memory } = this.#o;
    const { group, primary, operationInProgress, members, endpoints, policy } = knowledge;
    memory.remember({
      format: 1,
      server,
      group,
      primary: primary === null ? null : { primary: primary.primary, epoch: primary.epoch },
      operationInProgress,
      members: [...members],
      endpoints: Object.fromEntries([...endpoints].sort(([a], [b]) => a.localeCompare(b))),
      fencing: policy.fencing,
      leaseMs: policy.leaseMs,
    });
  }

  get #known(): Pick<
    GroupMemory,
    'group' | 'primary' | 'operationInProgress' | 'members' | 'fencing' | 'leaseMs'
  > {
    if (!this.#learned && this.#memory !== null) return this.#memory;
    const { group, primary, operationInProgress, members, policy } = this.#o.knowledge;
    return { group, primary, operationInProgress, members: [...members], ...policy };
  }

  get #endpoints(): ReadonlyMap<string, string> {
    if (!this.#learned && this.#memory !== null) return new Map(Object.entries(this.#memory.endpoints));
    return this.#o.knowledge.endpoints;
  }

  /** Asks the others where it is time to. */
  tend(): void {
    const { server, local, knowledge } = this.#o;
    const { group, primary, fencing, leaseMs, members } = this.#known;
    if (fencing !== 'failsafe' || group === null || primary?.primary !== server) return;
    if (local.status === null || local.status.readOnly || knowledge.failoverFrom === server) return;
    const zk = this.#o.zk();
    const sessionTimeoutMs = zk?.sessionTimeoutMs ?? this.#o.sessionTimeoutMs;
    if (zk?.state === 'connected' && zk.remainingMs() > sessionLeft * sessionTimeoutMs) return;
    this.#voucher.tend({
      request: { group, primary: primary.primary, epoch: primary.epoch },
      members,
      endpoints: this.#endpoints,
      validMs: leaseMs * validityOfLease,
    });
  }

  facts(): LeaseFacts {
    const { server } = this.#o;
    const { group, primary, fencing, leaseMs } = this.#known;
    const validMs = leaseMs * validityOfLease;
    return {
      primary: primary?.primary ?? null,
      leaseEnforced: fencing !== 'none',
      leaseRemainingMs: this.#leaseRemainingMs(),
      vouchedRemainingMs:
        fencing !== 'failsafe' || group === null || primary?.primary !== server
          ? 0
          : this.#voucher.remainingMs({ group, primary: primary.primary, epoch: primary.epoch }),
      vouchMarginMs: validMs * marginOfValidity,
    };
  }

  /** An agent that has just begun has the time of a session to connect: it found the server as it was. */
  #leaseRemainingMs(): number {
    const sinceStartMs = performance.now() - this.#startedAtMs;
    const first = this.#learned ? 0 : this.#o.sessionTimeoutMs - sinceStartMs;
    return Math.max(this.#o.zk()?.remainingMs() ?? 0, first);
  }

  /** What this agent says when the agent of a primary asks whether it may stay open. */
  async answer(asker: VouchRequest): Promise<VouchAnswer> {
    const { server, local, zk } = this.#o;
    // Whoever has ZooKeeper knows better than whoever remembers.
    if (zk()?.state === 'connected') await this.#o.learn().catch(() => undefined);
    await local.fresh();
    const { status, view } = local;
    const channel = status?.channels.find((c) => c.name === '') ?? null;
    const known = this.#known;
    const { agrees, reason } = vouch({
      asker,
      server,
      known,
      leaseMs: known.leaseMs,
      downForMs:
        view.state === 'down' && view.downSinceMs !== null ? performance.now() - view.downSinceMs : null,
      local:
        status === null || view.state !== 'up'
          ? null
          : {
              writable: !status.readOnly,
              source:
                channel === null
                  ? null
                  : formatAddress({ host: channel.sourceHost, port: channel.sourcePort }),
              receiver: channel?.receiver ?? 'stopped',
            },
    });
    return { server, agrees, reason, members: [...known.members] };
  }
}
