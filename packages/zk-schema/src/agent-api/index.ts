import { z } from 'zod';
import { address, groupName } from '../model/fields.js';

/**
 * What an agent answers over HTTP, for engines, other agents and the command line. Bodies are JSON. Requests that change
 * something carry `Authorization: Bearer TOKEN`, the token that engines and agents of an installation share.
 */
export const agentPaths = {
  /** POST `CloseRequest`: closes the server for writes and disconnects its clients. */
  close: '/v1/close',
  /** POST `TailStartRequest`: serves the dead server's binlog as a replication source. Answers `TailAnswer`. */
  tailStart: '/v1/tail/start',
  /** POST `TailStopRequest`: ends serving it. */
  tailStop: '/v1/tail/stop',
  /** POST `OpinionRequest`: tries another member of its group. Answers `OpinionAnswer`. */
  opinion: '/v1/opinion',
  /** POST `VouchRequest`: asked by the agent of a primary that has lost ZooKeeper. Answers `VouchAnswer`. */
  vouch: '/v1/vouch',
  /** GET: `AgentStatus`. */
  status: '/v1/status',
  /** GET: 200 while the agent works. */
  health: '/health',
  /** GET: Prometheus text. */
  metrics: '/metrics',
  /** GET: 200 when its server is the open primary, else 503: for load balancers that cannot be synced. */
  primary: '/primary',
  /** GET `?lag=MS`: 200 when its server is a replica that may be read from, else 503. */
  replica: '/replica',
} as const;

export const closeRequestSchema = z.strictObject({
  server: address,
  /** Epoch of the operation that asks. An agent refuses one lower than that of the primary it knows. */
  epoch: z.int().min(0),
  /** Ends the process (SIGKILL) where it hangs and cannot be closed. */
  endHung: z.boolean().default(false),
});
export type CloseRequest = z.input<typeof closeRequestSchema>;

export const closeAnswerSchema = z.object({ state: z.enum(['closed', 'process-gone']) });
export type CloseAnswer = z.output<typeof closeAnswerSchema>;

export const tailStartRequestSchema = z.strictObject({
  server: address,
  epoch: z.int().min(0),
  /** What replicas log in with, made for this one operation. */
  user: z.string().min(1).max(32),
  password: z.string().min(16).max(128),
});
export type TailStartRequest = z.output<typeof tailStartRequestSchema>;

/** What a tail source serves, and where. */
export const tailAnswerSchema = z.object({
  /** Replicas connect here. */
  host: z.string(),
  port: z.int().min(1).max(65_535),
  tls: z.boolean(),
  /** Every transaction that is whole in the binlog, and what was purged before: the server's `gtid_executed`. */
  gtidExecuted: z.string(),
  /** No longer in any file: a replica that lacks one of these cannot be served. */
  gtidPurged: z.string(),
  /** The first and the last binlog file. */
  files: z.object({ first: z.string(), last: z.string() }),
  /** The transaction that was being written when the server died and is not served, in words. */
  torn: z.string().nullable(),
});
export type TailAnswer = z.output<typeof tailAnswerSchema>;

export const tailStopRequestSchema = z.strictObject({ server: address, epoch: z.int().min(0) });
export type TailStopRequest = z.output<typeof tailStopRequestSchema>;

export const opinionRequestSchema = z.strictObject({
  /** A member of the agent's own group; others are refused. */
  target: address,
  /** How long trying it may take. */
  timeoutMs: z.int().min(1).max(10_000).default(400),
});
export type OpinionRequest = z.input<typeof opinionRequestSchema>;

export const probeOutcome = z.enum([
  'alive',
  'saturated',
  'denied',
  'starting',
  'refused',
  'unreachable',
  'hung',
  'unknown',
]);

/** What came of trying it from the agent's host. */
export const opinionAnswerSchema = z.object({
  target: address,
  outcome: probeOutcome,
  detail: z.string(),
  elapsedMs: z.number().min(0),
});
export type OpinionAnswer = z.output<typeof opinionAnswerSchema>;

export const vouchRequestSchema = z.strictObject({
  group: groupName,
  /** The server whose agent asks whether it may stay open. */
  primary: address,
  epoch: z.int().min(0),
});
export type VouchRequest = z.output<typeof vouchRequestSchema>;

/** Whether this agent, by all that it knows and by its own server, takes the asker for the primary of the group. */
export const vouchAnswerSchema = z.object({
  /** The member beside this agent. */
  server: address,
  agrees: z.boolean(),
  reason: z.string(),
  /** Members of the group as this agent knows them. */
  members: z.array(address),
});
export type VouchAnswer = z.output<typeof vouchAnswerSchema>;

export { verdict, vouch, type Said, type Vouch, type VouchFacts } from './vouch.js';

export const agentErrorSchema = z.object({ error: z.string() });

export const agentStatusSchema = z.object({
  agentId: z.string(),
  server: address,
  group: z.string().nullable(),
  mysqld: z.enum(['up', 'down', 'hung', 'unknown']),
  detail: z.string(),
  role: z.enum(['primary', 'replica', 'unknown']),
  writable: z.boolean().nullable(),
  /** What the agent does or waits for, in words. */
  activity: z.string(),
});
export type AgentStatus = z.output<typeof agentStatusSchema>;

export { guard, type GuardAction, type GuardInput } from './guard.js';
