import { z } from 'zod';

/** Below it, every slow answer would be taken for a hung primary. */
const hungMsMin = 200;

/** A whole number within bounds; what is refused is named with its value. */
const whole = (min: number, max: number) => {
  const found = ({ input }: { readonly input?: unknown }): string => `found ${JSON.stringify(input)}`;
  return z
    .int({ error: (issue) => `expected a whole number, ${found(issue)}` })
    .min(min, { error: (issue) => `expected number to be >=${min}, ${found(issue)}` })
    .max(max, { error: (issue) => `expected number to be <=${max}, ${found(issue)}` });
};

const ms = (fallback: number, max = 86_400_000) => whole(0, max).default(fallback);

/** A hook of the engines' configuration, by its name. */
export const hookName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'expected the name of a hook: letters, digits, ".", "_", "-", at most 64',
  );

const hookNames = z
  .array(hookName)
  .max(16)
  .refine((names) => new Set(names).size === names.length, 'names a hook twice')
  .default([]);

export const durabilitySchema = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('async') }),
  z.strictObject({
    mode: z.literal('semisync'),
    /** Replicas that must acknowledge before a commit returns. */
    ackers: whole(1, 9).default(1),
    /**
     * After so long without acknowledgement a commit returns all the same, and the promise that no acknowledged write is
     * lost with it. Left out: never.
     */
    fallbackMs: whole(1, 4_294_967_295).optional(),
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
     * `failsafe`: as `lease`, but it stays open for as long as the agents of all other members say, asked directly, that
     * it is the primary (so ZooKeeper may be down); the engine waits `leaseMs`. `none`: the primary goes on serving without
     * ZooKeeper, and the engine goes on at once and says what that risks.
     */
    fencing: z.enum(['failsafe', 'lease', 'none']).default('failsafe'),
    /**
     * With fencing `lease`: longest wait for the end of an old primary's lease; with `failsafe` the wait. Above the agents'
     * session timeout; with `failsafe` an agreement of the agents counts for half of it.
     */
    leaseMs: ms(10_000),
    /** No second automatic failover within this time of the last one. */
    antiFlapMs: ms(600_000),
    /** A replica further behind is not read from. */
    readLagMaxMs: ms(10_000),
    /** No automatic failover to a candidate that was further behind than this when the primary died. */
    failoverLagMaxMs: ms(300_000),
    /** How long a candidate may take to apply the relay log it has received. */
    relayApplyTimeoutMs: ms(60_000),
    /**
     * How long the member that the promotion rules prefer may take to catch up from a more complete one before that one is
     * promoted instead; 0: it is never waited for.
     */
    catchUpTimeoutMs: ms(5_000, 600_000),
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
        /** It accepts connections and answers nothing, or its disk is full and commits wait for space. */
        hungMs: ms(2_000),
        /** It answers reads, and no commit comes back from its storage. */
        writesStalledMs: ms(5_000),
        /** A new group's members before one of them is elected. */
        electMs: ms(2_000),
        /** ZooKeeper after it was away, before the absence of nodes counts for a failover. */
        storeSettledMs: ms(1_000),
        /** The heartbeat is gone though MySQL answers: before the alert is raised. */
        heartbeatLostMs: ms(2_000),
        /** What else is wrong with a primary that serves (saturated, credentials, settings): before the alert. */
        primaryMs: ms(1_000),
        /** Something is wrong with a replica: before the alert. */
        replicaMs: ms(1_000),
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
    /** How long an agent that is asked to try the primary may take. */
    opinionTimeoutMs: ms(400, 60_000),
    /** An agent's opinion of the primary counts for so long. */
    opinionMaxAgeMs: ms(2_000),
    /** SOURCE_HEARTBEAT_PERIOD of every channel. The server's default of 60 s hides failures. */
    heartbeatPeriodMs: whole(100, 60_000).default(500),
    /**
     * `sync_binlog` and `innodb_flush_log_at_trx_commit` on replicas: `durable` 1 and 1; `crash-safe` 0 and 2, where a killed
     * mysqld loses nothing and a machine without power may; `relaxed` 0 and 0, where a killed mysqld may have lost rows of
     * transactions that it counts as executed. A primary always runs with 1 and 1.
     */
    replicaDurability: z.enum(['relaxed', 'crash-safe', 'durable']).default('crash-safe'),
    /** Whether a failover may leave the primary's region. */
    crossRegion: z.boolean().default(true),
    /**
     * Run before (they may veto) and after failovers and switchovers, in this order; they are defined in the engines'
     * configuration, never here, so that whoever writes to ZooKeeper cannot run commands.
     */
    hooks: z
      .strictObject({
        preFailover: hookNames,
        postFailover: hookNames,
        preSwitchover: hookNames,
        postSwitchover: hookNames,
      })
      .prefault({}),
    /** What a `pre` hook means that cannot be started or does not end in time: go on, or a veto. */
    hookFailure: z.enum(['ignore', 'veto']).default('ignore'),
  })
  .superRefine((policy, context) => {
    if (policy.fencing !== 'none' && policy.leaseMs === 0) {
      context.addIssue({
        code: 'custom',
        path: ['leaseMs'],
        message: `fencing "${policy.fencing}" needs a leaseMs above 0; set fencing "none" to go without`,
      });
    }
    if (policy.patience.hungMs < hungMsMin) {
      context.addIssue({
        code: 'custom',
        path: ['patience', 'hungMs'],
        message: `${policy.patience.hungMs} is no patience: every slow answer would be a hung primary; expected at least ${hungMsMin}`,
      });
    }
    if (policy.failoverLagMaxMs < policy.readLagMaxMs) {
      context.addIssue({
        code: 'custom',
        path: ['failoverLagMaxMs'],
        message: `${policy.failoverLagMaxMs} is below readLagMaxMs = ${policy.readLagMaxMs}: a replica that is good to read from would be refused as successor`,
      });
    }
    if (policy.tailRecovery === 'required' && policy.tailTimeoutMs === 0) {
      context.addIssue({
        code: 'custom',
        path: ['tailTimeoutMs'],
        message:
          '0 leaves no time for the tail that tailRecovery "required" asks for; expected more, or tailRecovery "off"',
      });
    }
    if (policy.switchoverTimeoutMs === 0) {
      context.addIssue({
        code: 'custom',
        path: ['switchoverTimeoutMs'],
        message: '0 leaves a switchover no time at all; expected for example 5000',
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
