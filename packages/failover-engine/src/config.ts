import { z } from 'zod';
import { hooksConfigSchema } from './hooks/hook-config.js';

const credentials = z.strictObject({ user: z.string().min(1), password: z.string() });

/** Configuration of one engine. Several run; ZooKeeper shares the groups among them. */
export const engineConfigSchema = z.strictObject({
  zookeeper: z.strictObject({
    /** `host:port,host:port`, with a chroot behind if wanted. */
    connect: z.string().min(1),
    root: z.string().startsWith('/').default('/mysql'),
    sessionTimeoutMs: z.int().min(500).max(120_000).default(6_000),
    /** `user:password` of a digest. */
    auth: z.string().optional(),
  }),
  /** Unique among the engines; default: host and process id. */
  engineId: z.string().min(1).optional(),
  /** Account that may read status, set variables, control replication and end connections. */
  mysql: credentials,
  /** Account that replicas use to follow their primary. */
  replication: credentials,
  http: z
    .strictObject({
      host: z.string().default('127.0.0.1'),
      port: z.int().min(0).max(65_535).default(0),
      /** Under which address others reach it; default: `http://host:port`. */
      advertise: z.url().optional(),
    })
    .prefault({}),
  /**
   * Programs and webhooks that policies of groups refer to by name (`hooks.preFailover`, ...). They stand here and never in
   * ZooKeeper, so that whoever writes there cannot run commands.
   */
  hooks: hooksConfigSchema,
  /** Shared with the agents; without it they cannot be asked to close a server. */
  agentToken: z.string().min(8).optional(),
  observe: z
    .strictObject({
      /** How often a primary is asked for its status. */
      primaryIntervalMs: z.int().min(20).max(60_000).default(250),
      replicaIntervalMs: z.int().min(20).max(60_000).default(500),
      /** How long a server may take to answer. */
      timeoutMs: z.int().min(50).max(60_000).default(1_000),
      /** Of all servers together: with more groups than this allows, each is asked less often than the intervals say. */
      looksPerSecondMax: z.int().min(10).max(100_000).default(2_000),
    })
    .prefault({}),
  /** Failovers and switchovers at one time; the others wait in the order in which they were decided. */
  operationsMax: z.int().min(1).max(1_000).default(32),
});

export type EngineConfig = z.output<typeof engineConfigSchema>;
export type EngineConfigInput = z.input<typeof engineConfigSchema>;
