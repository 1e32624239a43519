import type { GroupPolicy } from '@dcmha/zk-schema';

/** A member is named `host:port`, as in the ZooKeeper tree and in every log line. */
export type MemberKey = string;

/** What the engine found when it tried a server itself. */
export type ProbeOutcome =
  | 'alive'
  /** Too many connections: MySQL itself said so, so it is alive. */
  | 'saturated'
  /** Access denied: alive, and the credentials are wrong. */
  | 'denied'
  | 'starting'
  /** The host answered that nothing listens there. */
  | 'refused'
  /** No answer from the host at all. */
  | 'unreachable'
  /** TCP is accepted and then nothing is answered. */
  | 'hung'
  | 'unknown';

export interface Probe {
  readonly outcome: ProbeOutcome;
  /** Since when it has been one of the failing (or one of the answering) outcomes; engine's monotonic clock, ms. */
  readonly sinceMs: number;
  readonly detail: string;
}

export interface ReplicaChannel {
  /** `host:port` of the source it is configured for. */
  readonly source: MemberKey;
  readonly sourceUuid: string;
  readonly receiver: 'running' | 'connecting' | 'stopped';
  readonly applier: 'running' | 'stopped';
  readonly receivedGtids: string;
  readonly autoPosition: boolean;
  /** Milliseconds behind by the server's own measure; `null` when it cannot say. */
  readonly lagMs: number | null;
  /** A delay that was asked for (SOURCE_DELAY), milliseconds. */
  readonly delayMs: number;
  /** `errno message`, or empty. */
  readonly receiverError: string;
  readonly applierError: string;
  /** Since anything (heartbeat or transaction) came from the source, when this was read; missing where it cannot be told. */
  readonly heardAgoMs?: number | null;
}

/** What a server said of itself, in the engine's own terms (one per member, from one status query). */
export interface ServerState {
  readonly serverUuid: string;
  readonly serverId: number;
  readonly flavor: 'mysql' | 'mariadb';
  /** For instance `[9, 7, 4]`. */
  readonly version: readonly number[];
  readonly readOnly: boolean;
  readonly superReadOnly: boolean;
  readonly gtidMode: string;
  readonly gtidExecuted: string;
  readonly gtidPurged: string;
  readonly logBin: boolean;
  readonly logReplicaUpdates: boolean;
  /** The default channel, `null` when the server replicates from nobody. */
  readonly channel: ReplicaChannel | null;
  readonly semisync: {
    readonly sourceEnabled: boolean;
    readonly replicaEnabled: boolean;
    /** Replicas connected that acknowledge. */
    readonly ackers: number;
    readonly waitingSessions: number;
    /** Acknowledgements that a commit waits for; missing where it was not read. */
    readonly waitForAckers?: number;
    /** After so long a commit goes on without acknowledgement; missing where it was not read. */
    readonly timeoutMs?: number | null;
  };
  /** `sync_binlog` and `innodb_flush_log_at_trx_commit` are 1; missing where it was not read. */
  readonly durable?: boolean;
}

export type PromotionRule = 'prefer' | 'neutral' | 'prefer-not' | 'must-not';

export interface AgentView {
  /** The agent's ephemeral node is there. */
  readonly up: boolean;
  /** What the agent says of the mysqld beside it; `unknown` when it is not up. */
  readonly mysqld: 'up' | 'down' | 'hung' | 'unknown';
  readonly detail: string;
  readonly endpoint: string | null;
  /** Commits do not come back although reads are answered; missing or `null` while they do. */
  readonly stalled?: WriteStall | null;
}

/** What holds commits up. `disk-full` and `storage` are the server's own trouble, `lock` is somebody's statement. */
export interface WriteStall {
  readonly reason: 'disk-full' | 'storage' | 'lock';
  readonly detail: string;
}

/** What the agent of another member found when it tried a server from its own host. */
export interface Opinion {
  /** The member beside whom the agent runs. */
  readonly by: MemberKey;
  /** `no-answer`: the agent itself could not be asked; that says nothing about the server. */
  readonly outcome: ProbeOutcome | 'no-answer';
  readonly detail: string;
  /** Engine's monotonic clock: when it was asked for. */
  readonly atMs: number;
}

export interface MemberView {
  readonly key: MemberKey;
  readonly region: string;
  readonly promotion: PromotionRule;
  /** Its `online-list` node is there. */
  readonly heartbeat: boolean;
  readonly agent: AgentView;
  readonly probe: Probe;
  /** Last status that was read, `null` when none ever was or the server stopped answering. */
  readonly state: ServerState | null;
  /** How far it was behind when it last received from its source: a server whose source is gone cannot say. */
  readonly lastLagMs?: number | null;
  /** Engine's monotonic clock: when that status was read. */
  readonly readAtMs?: number;
  /** The newest opinion of each agent that was asked about this server; missing while nobody was. */
  readonly opinions?: readonly Opinion[];
}

export interface Route {
  readonly write: MemberKey | null;
  readonly read: readonly MemberKey[];
  readonly epoch: number;
  /** Grows with every publication. */
  readonly version: number;
  readonly reason: string;
}

export interface PrimaryRecord {
  readonly primary: MemberKey;
  readonly epoch: number;
  readonly sinceMs: number;
  readonly gtidExecuted: string;
  readonly serverUuid: string;
}

export interface Maintenance {
  readonly by: string;
  readonly reason: string;
  readonly untilMs: number | null;
}

/** Everything that a decision may use, taken at one moment. */
export interface GroupView {
  readonly group: string;
  /** Engine's monotonic clock. */
  readonly nowMs: number;
  /** Wall clock, for times kept in ZooKeeper. */
  readonly wallMs: number;
  readonly policy: GroupPolicy;
  readonly primary: PrimaryRecord | null;
  readonly route: Route | null;
  readonly maintenance: Maintenance | null;
  readonly members: readonly MemberView[];
  /** What contradicts in the group's policy: while there is anything the group is left alone. `policy` stands in for it. */
  readonly refusedPolicy?: readonly string[];
  /** Wall time of the last finished failover of this group. */
  readonly lastFailoverWallMs: number | null;
  /** An operation is under way (journaled). */
  readonly operation: string | null;
  /** The engine's ZooKeeper session is connected. */
  readonly storeConnected: boolean;
  /** How steady that connection has been; missing where nobody counts. */
  readonly store?: StoreSteadiness;
  /** Since when each symptom of the last evaluation has lasted (engine's monotonic clock), by name of the diagnosis. */
  readonly symptomsSince?: ReadonlyMap<string, number>;
}

export interface StoreSteadiness {
  /** Engine's monotonic clock. */
  readonly connectedSinceMs: number;
  /** Connections that were lost within `windowMs`. */
  readonly losses: number;
  readonly windowMs: number;
}

/** Its time is over; it ends when the engine has adopted the primary that was left. */
export function maintenanceIsOver({ maintenance, wallMs }: GroupView): boolean {
  return maintenance !== null && maintenance.untilMs !== null && maintenance.untilMs <= wallMs;
}

export function primaryMember(view: GroupView): MemberView | undefined {
  return view.primary === null ? undefined : view.members.find((m) => m.key === view.primary?.primary);
}

export function replicasOf(view: GroupView): MemberView[] {
  return view.members.filter((m) => m.key !== view.primary?.primary);
}

/** The server itself answered, whatever it said. */
export function answers(probe: Probe): boolean {
  return probe.outcome === 'alive' || probe.outcome === 'saturated' || probe.outcome === 'denied';
}

/** Servers that can be worked with: they answer and their state was read. */
export function isUsable(member: MemberView): member is MemberView & { readonly state: ServerState } {
  return member.probe.outcome === 'alive' && member.state !== null;
}
