import { z } from 'zod';
import { defineNode } from '../definition.js';
import { address, durationMs, epoch, passthrough, timeMs } from '../fields.js';

export const journal = defineNode({
  name: 'journal',
  params: { group: 'group' },
  lifetime: 'persistent',
  format: 1,
  schema: z.object({
    operation: z.enum(['failover', 'switchover', 'election']),
    id: z.string().min(1).describe('of this operation'),
    epoch: epoch.describe('that the operation publishes'),
    step: z.string().min(1).describe('the step that was begun last'),
    startedAtMs: timeMs,
    owner: z.string().describe('engine that wrote it last'),
    candidate: address.optional(),
    oldPrimary: address.optional(),
    requestedBy: z.string().optional().describe('person or task; without it, the engine decided itself'),
    phases: z
      .record(z.string(), durationMs)
      .default({})
      .describe('milliseconds from the start to each phase'),
    detail: passthrough.default({}).describe('what the step needs to be resumed'),
  }),
  summary: 'how far an unfinished operation got; another engine goes on from here',
  writtenBy: 'engine that owns the group',
  readBy: 'engine, cli',
  example: {
    operation: 'failover',
    id: 'f-7',
    epoch: 7,
    step: 'promote',
    startedAtMs: 1_760_000_000_000,
    owner: 'engine-1',
    candidate: 'db2:3306',
    oldPrimary: 'db1:3306',
    phases: { confirmed: 12, fenced: 48 },
  },
});

export type Journal = z.output<typeof journal.schema>;
