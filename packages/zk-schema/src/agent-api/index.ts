import { z } from 'zod';
import { address } from '../model/fields.js';

/**
 * What an agent answers over HTTP, for engines, other agents and the command line. Bodies are JSON. Requests that change
 * something carry `Authorization: Bearer TOKEN`, the token that engines and agents of an installation share.
 */
export const agentPaths = {
  /** POST `CloseRequest`: closes the server for writes and disconnects its clients. */
  close: '/v1/close',
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
});
export type CloseRequest = z.output<typeof closeRequestSchema>;

export const closeAnswerSchema = z.object({ state: z.enum(['closed', 'process-gone']) });
export type CloseAnswer = z.output<typeof closeAnswerSchema>;

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
