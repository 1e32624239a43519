import { z } from 'zod';
import { defineNode } from '../definition.js';
import { address, distinctAddresses, durationMs, text, timeMs } from '../fields.js';

/** `up`: answers; `down`: process gone or refuses; `hung`: accepts and answers nothing; `unknown`: not asked yet. */
export const mysqldState = z.enum(['up', 'down', 'hung', 'unknown']);
export type MysqldState = z.output<typeof mysqldState>;

export const onlineClients = defineNode({
  name: 'onlineClients',
  params: { host: 'name' },
  lifetime: 'ephemeral',
  format: 1,
  schema: z.object({
    agentId: z.string().min(1),
    endpoint: z.url({ protocol: /^https?$/, hostname: /./ }).describe('http(s) address of the agent'),
    servers: distinctAddresses.describe('servers that it looks after'),
    mysqld: z
      .record(
        address,
        z.object({
          state: mysqldState,
          sinceMs: timeMs,
          detail: text.optional(),
          stalled: z
            .object({ reason: z.enum(['disk-full', 'storage', 'lock']), detail: text })
            .optional()
            .describe('commits do not come back although reads are answered'),
        }),
      )
      .describe('what it sees of each, updated at once: the fastest sign of a death'),
    pid: z.int().positive().optional(),
    version: z.string().optional().describe('version of the agent'),
    sinceMs: timeMs.optional(),
    sessionTimeoutMs: durationMs
      .optional()
      .describe('of its ZooKeeper session: how long a primary it cannot reach ZooKeeper for may stay open'),
  }),
  summary: 'the agent of a host is up; may outlive the server: the host lives though mysqld died',
  writtenBy: 'agent',
  readBy: 'engine, cli',
  example: {
    agentId: 'db1',
    endpoint: 'http://db1:8710',
    servers: ['db1:3306'],
    mysqld: { 'db1:3306': { state: 'up', sinceMs: 1_760_000_000_000 } },
  },
});

export type OnlineClient = z.output<typeof onlineClients.schema>;
