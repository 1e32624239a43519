import { z } from 'zod';
import { defineNode } from '../definition.js';
import { address, durationMs, epoch, groupName, passthrough, text, timeMs } from '../fields.js';

export const history = defineNode({
  name: 'history',
  params: { group: 'group', entry: 'sequence' },
  lifetime: 'persistent-sequential',
  sequencePrefix: 'entry-',
  format: 1,
  schema: z.object({
    kind: z.string().min(1).describe('failover, switchover, adopt, rejoin, decision, hooks, ...'),
    at: timeMs,
    group: groupName,
    from: address.optional(),
    to: address.optional(),
    epoch,
    reason: text,
    phasesMs: z.record(z.string(), durationMs).default({}),
    result: z.enum(['done', 'stood-down', 'refused', 'failed', 'noted']),
    task: z.string().optional().describe('name of the task that asked for it'),
    detail: passthrough.default({}),
  }),
  summary: 'what happened to the group, when, why, and how long each phase took; the oldest are deleted',
  writtenBy: 'engine that owns the group',
  readBy: 'cli',
  example: {
    kind: 'failover',
    at: 1_760_000_000_000,
    group: 'orders',
    from: 'db1:3306',
    to: 'db2:3306',
    epoch: 7,
    reason: 'primary dead: process gone',
    phasesMs: { detected: 90, routed: 210 },
    result: 'done',
  },
});

export type HistoryEntry = z.output<typeof history.schema>;
