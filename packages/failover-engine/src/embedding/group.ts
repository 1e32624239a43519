import { groupPolicySchema, type GroupPolicyInput } from '@dcmha/zk-schema';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { HistoryEntry } from '../core/journal.js';
import {
  answers,
  type AgentView,
  type GroupView,
  type Maintenance,
  type MemberKey,
  type PromotionRule,
  type Route,
} from '../core/model.js';
import type { Hook } from '../hooks/hook.js';
import { HookRunner } from '../hooks/hook-runner.js';
import type { SwitchoverReport } from '../operations/check-switchover.js';
import type { AgentControl, Clock, EngineLogger, ManagedServerControl, ServerControl } from '../ports.js';
import { contradictions } from '../shell/checked-policy.js';
import { GroupRunner, type Explanation, type GroupInputs } from '../shell/group-runner.js';
import { Permits } from '../shell/permits.js';
import { systemClock } from '../shell/system-clock.js';
import { DocumentLedger } from './document-ledger.js';
import type { GroupStore } from './group-store.js';

export interface GroupMember {
  /** How the server is controlled; its `key` names the member. `mysqlControl` is the one for MySQL and MariaDB. */
  readonly server: ServerControl;
  readonly region?: string;
  readonly promotion?: PromotionRule;
  /** What runs beside the server, where anything does: it can close a server that the engine does not reach. */
  readonly agent?: { readonly control: AgentControl; readonly view: () => AgentView };
}

export interface GroupOptions {
  readonly name: string;
  readonly members: readonly GroupMember[];
  readonly store: GroupStore;
  /** What is left out has its default (`groupPolicySchema` of `@dcmha/zk-schema`). */
  readonly policy?: GroupPolicyInput;
  /** Who is primary of a group that the store does not know yet; without it one is elected. */
  readonly primary?: MemberKey;
  /** By name, as the policy refers to them (`hooks.preFailover`, ...). */
  readonly hooks?: Readonly<Record<string, Hook>>;
  /** Points clients at a route; `write: null` means nowhere. A switchover waits for it (`routerAckTimeoutMs`). */
  readonly applyRoute?: (route: Route) => Promise<void>;
  readonly logger?: EngineLogger;
  /** Who this is, for the journal and the history. */
  readonly engineId?: string;
  readonly clock?: Clock;
  readonly observe?: {
    readonly primaryIntervalMs?: number;
    readonly replicaIntervalMs?: number;
    readonly timeoutMs?: number;
  };
}

export interface RequestOptions {
  /** For the history. */
  readonly requestedBy: string;
  readonly target?: MemberKey;
  /** Not begun earlier (wall clock), and then only if the group is healthy; default: now. */
  readonly notBeforeMs?: number;
  /** Not begun later than this after `notBeforeMs`, milliseconds; default: one minute. */
  readonly withinMs?: number;
}

/** The policy, or what the group is made of, contradicts itself: each problem names key and value. */
export class GroupRefusedError extends Error {
  override readonly name = 'GroupRefusedError';
  constructor(
    readonly group: string,
    readonly problems: readonly string[],
  ) {
    super(`the group ${group} cannot be looked after: ${problems.join('; ')}`);
  }
}

/** A request that has no result: the group was closed or is another's now. */
export class GroupClosedError extends Error {
  override readonly name = 'GroupClosedError';
}

const silent: EngineLogger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const noAgent: AgentView = { up: false, mysqld: 'unknown', detail: '', endpoint: null };
const withinMsDefault = 60_000;
const observeDefault = { primaryIntervalMs: 250, replicaIntervalMs: 500, timeoutMs: 1_000 };

/**
 * One group, looked after in this process: observed, failed over, switched over. The servers, the store, the hooks, the
 * routes and the logger are the program's own. One process at a time may look after a group; one that starts takes it over,
 * and the one before stops at its next write.
 */
export class Group {
  readonly name: string;
  readonly #o: GroupOptions;
  readonly #clock: Clock;
  readonly #ledger: DocumentLedger;
  readonly #runner: GroupRunner;
  readonly #hooks: HookRunner;
  readonly #changes = new Set<() => void>();
  readonly #answered = new Map<MemberKey, boolean>();
  #closed: string | null = null;

  private constructor(options: GroupOptions, ledger: DocumentLedger, changes: Set<() => void>) {
    const { name, logger = silent, clock = systemClock, hooks = {}, observe } = options;
    this.name = name;
    this.#o = options;
    this.#clock = clock;
    this.#ledger = ledger;
    this.#changes = changes;
    const policy = groupPolicySchema.parse(options.policy ?? {});
    const servers = new Map(options.members.map(({ server }) => [server.key, server]));
    this.#hooks = new HookRunner({ hooks: new Map(Object.entries(hooks)), clock, log: logger });
    this.#runner = new GroupRunner({
      engineId: ledger.document.owner.engine,
      group: name,
      clock,
      newId: randomUUID,
      log: logger,
      ledger,
      inputs: () => this.#inputs(policy),
      connect: (member) => {
        const server = servers.get(member);
        if (server === undefined) throw new Error(`${member} is not a member of ${name}`);
        return kept(server);
      },
      timing: { ...observeDefault, ...observe },
      permits: new Permits(1),
      hooks: this.#hooks,
      finished: () => {},
      evaluated: (view) => this.#seen(view),
      ownershipLost: () => this.#end('another process looks after it now'),
    });
    changes.add(() => this.#runner.notify());
  }

  /**
   * Begins to look after the group. Resolves when every member was looked at once.
   * @throws GroupRefusedError when the policy contradicts itself or the members
   */
  static async start(options: GroupOptions): Promise<Group> {
    const { name, members, store, clock = systemClock, applyRoute } = options;
    refuseNonsense(options);
    const changes = new Set<() => void>();
    const primary =
      options.primary === undefined
        ? null
        : {
            primary: options.primary,
            epoch: 1,
            sinceMs: Math.round(clock.wallMs()),
            gtidExecuted: '',
            serverUuid: '',
          };
    if (options.primary !== undefined && !members.some(({ server }) => server.key === options.primary)) {
      throw new GroupRefusedError(name, [`primary = "${options.primary}": not one of the members`]);
    }
    const ledger = await DocumentLedger.claim(
      {
        group: name,
        engine: options.engineId ?? `${hostname()}-${process.pid}`,
        store,
        clock,
        newId: randomUUID,
        applyRoute: applyRoute ?? (() => Promise.resolve()),
        changed: () => {
          for (const changed of changes) changed();
        },
      },
      { primary },
    );
    const group = new Group(options, ledger, changes);
    await group.#runner.lookAgain();
    return group;
  }

  get primary(): MemberKey | null {
    return this.#ledger.document.primary?.primary ?? null;
  }

  get route(): Route | null {
    return this.#ledger.document.route;
  }

  /** Oldest first; the last 100. */
  get history(): readonly HistoryEntry[] {
    return this.#ledger.document.history;
  }

  /** What was seen and decided, and who would be promoted. */
  explain(): Explanation {
    return this.#runner.explain();
  }

  /** What a switchover would do and what is in its way. */
  async checkSwitchover(target: MemberKey | null = null): Promise<SwitchoverReport> {
    const report = await this.#runner.checkSwitchover(target);
    if (report === null) throw new GroupClosedError(`${this.name} cannot be read`);
    return report;
  }

  /** Moves the primary. Resolves to its entry in the history, whose `result` says how it ended. */
  switchover({ target, ...rest }: RequestOptions): Promise<HistoryEntry> {
    return this.#ask('switchover', rest, target === undefined ? {} : { target });
  }

  /** Fails over although the engine would not by itself. Never while the primary answers. */
  failover({
    target,
    allowDataLoss = false,
    ...rest
  }: RequestOptions & { readonly allowDataLoss?: boolean }): Promise<HistoryEntry> {
    return this.#ask('failover', rest, { allowDataLoss, ...(target === undefined ? {} : { target }) });
  }

  /** Nothing is switched until it ends: by `endMaintenance`, or at `untilMs` (wall clock). */
  async startMaintenance({
    by,
    reason,
    untilMs = null,
  }: Omit<Maintenance, 'untilMs'> & Partial<Maintenance>): Promise<void> {
    if (untilMs !== null && untilMs <= this.#clock.wallMs())
      throw new RangeError(`untilMs = ${untilMs} is over already; expected a time to come`);
    await this.#ledger.update((document) => ({ ...document, maintenance: { by, reason, untilMs } }));
  }

  /** Adopts whichever primary was left (`target`: it must be this one); refused while that is not clear. */
  endMaintenance({ target, ...rest }: RequestOptions): Promise<HistoryEntry> {
    return this.#ask('adopt', rest, target === undefined ? {} : { target });
  }

  /** Stops looking after the group. The servers stay as they are; what is under way is finished by whoever is next. */
  async close(): Promise<void> {
    this.#end('it was closed');
    await this.#runner.stop();
    await this.#hooks.close();
  }

  async #ask(
    kind: string,
    { requestedBy, notBeforeMs, withinMs = withinMsDefault }: RequestOptions,
    args: Readonly<Record<string, unknown>>,
  ): Promise<HistoryEntry> {
    const notAfterMs = (notBeforeMs ?? this.#clock.wallMs()) + withinMs;
    const times = { notAfterMs, ...(notBeforeMs === undefined ? {} : { notBeforeMs }) };
    let name = '';
    const answered = this.#waitFor(() =>
      this.history.findLast((entry) => entry.task === name && name !== ''),
    );
    answered.catch(() => {});
    await this.#ledger.update((document) => {
      name = `${kind}-${document.tasksBegun + 1}`;
      const task = { name, kind, requestedBy, args: { ...args, ...times } };
      return { ...document, tasks: [...document.tasks, task], tasksBegun: document.tasksBegun + 1 };
    });
    return answered;
  }

  #waitFor<T>(look: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const changed = (): void => {
        const found = look();
        if (found === undefined && this.#closed === null) return;
        this.#changes.delete(changed);
        if (found !== undefined) resolve(found);
        else reject(new GroupClosedError(`${this.name}: ${this.#closed}`));
      };
      this.#changes.add(changed);
      changed();
    });
  }

  #end(reason: string): void {
    this.#closed ??= reason;
    for (const changed of this.#changes) changed();
  }

  #seen(view: GroupView): void {
    for (const { key, probe } of view.members)
      this.#answered.set(key, probe.outcome === 'unknown' || answers(probe));
  }

  #inputs(policy: GroupInputs['policy']): GroupInputs {
    const { primary, route, maintenance, journal, tasks, lastFailoverWallMs } = this.#ledger.document;
    return {
      policy,
      primary,
      route,
      maintenance,
      journal,
      tasks,
      lastFailoverWallMs,
      storeConnected: this.#closed === null,
      members: this.#o.members.map(({ server, region, promotion, agent }) => ({
        key: server.key,
        region: region ?? 'default',
        promotion: promotion ?? 'neutral',
        // There is no ZooKeeper to lose it in: it lives as long as somebody answers.
        heartbeat: this.#answered.get(server.key) ?? true,
        agent: agent?.view() ?? noAgent,
        agentControl: agent?.control ?? null,
      })),
    };
  }
}

/** The program made the control, and the program gives it back: releasing it does nothing. */
function kept(server: ServerControl): ManagedServerControl {
  return new Proxy(server, {
    get: (target, property) => {
      if (property === 'release') return () => Promise.resolve();
      const value: unknown = Reflect.get(target, property);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  }) as ManagedServerControl;
}

function refuseNonsense({ name, members, policy, hooks = {} }: GroupOptions): void {
  const parsed = groupPolicySchema.safeParse(policy ?? {});
  const keys = members.map(({ server }) => server.key);
  const twice = keys.filter((key, index) => keys.indexOf(key) !== index);
  const problems = [
    ...twice.map((key) => `members = "${key}": given twice`),
    ...(parsed.success
      ? contradictions(parsed.data, {
          members: members.map(({ server, region = 'default', promotion = 'neutral' }) => ({
            server: server.key,
            region,
            promotion,
          })),
          hooks: Object.keys(hooks),
        })
      : parsed.error.issues.map(({ path, message }) => `policy.${path.map(String).join('.')}: ${message}`)),
  ];
  if (problems.length > 0) throw new GroupRefusedError(name, problems);
}
