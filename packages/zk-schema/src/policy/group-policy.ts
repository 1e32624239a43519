import { z } from 'zod';

const ms = (fallback: number, max = 86_400_000) => z.int().min(0).max(max).default(fallback);

export const durabilitySchema = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('async') }),
  z.strictObject({
    mode: z.literal('semisync'),
    /** Replicas that must acknowledge before a commit returns. */
    ackers: z.int().min(1).max(9).default(1),
  }),
]);

/**
 * How one group is to be treated. Kept in `meta/group/<group>`; checked when loaded, so that a wrong key or a
 * contradiction is refused before anything depends on it.
 */
export const groupPolicySchema = z
  .strictObject({
    /** `manual`: the engine diagnoses and alerts, a person decides. */
    failover: z.enum(['automatic', 'manual']).default('automatic'),
    durability: durabilitySchema.prefault({ mode: 'semisync' }),
    /**
     * What closes an old primary that cannot be asked, where its acknowledgements cannot be revoked (async replication,
     * or too few replicas answer). `lease`: its agent closes it when two thirds of its ZooKeeper session are over without
     * an answer (so also when ZooKeeper is down), and the engine waits until that session has ended, at most `leaseMs`.
     * `none`: the primary goes on serving without ZooKeeper, and the engine goes on at once and says what that risks.
     */
    fencing: z.enum(['lease', 'none']).default('lease'),
    /** With fencing `lease`: longest wait for the end of an old primary's lease; above the agents' session timeout. */
    leaseMs: ms(10_000),
    /** No second automatic failover within this time of the last one. */
    antiFlapMs: ms(600_000),
    /** A replica further behind is not read from. */
    readLagMaxMs: ms(10_000),
    /** No automatic failover to a candidate that was further behind than this when the primary died. */
    failoverLagMaxMs: ms(300_000),
    /** How long a candidate may take to apply the relay log it has received. */
    relayApplyTimeoutMs: ms(60_000),
    /** How long to wait for live routers to acknowledge a closed route. */
    routerAckTimeoutMs: ms(200, 60_000),
    /** How long a switchover may hold writes before it goes back to the old primary. */
    switchoverTimeoutMs: ms(5_000, 600_000),
    /** A transaction open for longer stops a switchover before it starts. */
    longTransactionMs: ms(5_000),
    /** How long each symptom must last before it is acted on. */
    patience: z
      .strictObject({
        /** The agent has seen the process end: a fact, no waiting needed. */
        processGoneMs: ms(0),
        /** The port refuses and no replica receives any more. */
        refusedMs: ms(300),
        /** Neither the agent nor the host answers and no replica receives any more. */
        hostGoneMs: ms(1_000),
        /** It accepts connections and answers nothing. */
        hungMs: ms(2_000),
      })
      .prefault({}),
    /**
     * What a dead primary's disk still holds and no replica received is fetched before another is promoted: its agent
     * serves the binlog to the candidates. `required`: no failover without it; `best-effort`: go on without it when it
     * cannot be had within `tailTimeoutMs`; `off`: never asked for.
     */
    tailRecovery: z.enum(['required', 'best-effort', 'off']).default('best-effort'),
    /** How long fetching and applying the tail may take. */
    tailTimeoutMs: ms(60_000, 3_600_000),
    /**
     * A primary that hangs and is failed over: `end` lets its agent end the process (SIGKILL), so that it can neither
     * acknowledge anything when it wakes up nor keep its binlog from being read; `leave` does not touch it.
     */
    hungPrimary: z.enum(['end', 'leave']).default('end'),
    /** SOURCE_HEARTBEAT_PERIOD of every channel. The server's default of 60 s hides failures. */
    heartbeatPeriodMs: z.int().min(100).max(60_000).default(500),
    /** Flushing on replicas; a primary always runs with sync_binlog=1 and innodb_flush_log_at_trx_commit=1. */
    replicaDurability: z.enum(['relaxed', 'durable']).default('relaxed'),
    /** Whether a failover may leave the primary's region. */
    crossRegion: z.boolean().default(true),
  })
  .superRefine((policy, context) => {
    if (policy.fencing === 'lease' && policy.leaseMs === 0) {
      context.addIssue({
        code: 'custom',
        path: ['leaseMs'],
        message: 'fencing "lease" needs a leaseMs above 0; set fencing "none" to go without',
      });
    }
  });

export type GroupPolicy = z.output<typeof groupPolicySchema>;
export type GroupPolicyInput = z.input<typeof groupPolicySchema>;

/** @throws ZodError naming each key that is wrong. */
export function parseGroupPolicy(input: unknown): GroupPolicy {
  return groupPolicySchema.parse(input ?? {});
}

export const defaultGroupPolicy: GroupPolicy = groupPolicySchema.parse({});
