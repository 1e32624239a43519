import { z } from 'zod';
import { defineNode } from '../definition.js';
import { address, text, timeMs } from '../fields.js';

export const watchDown = defineNode({
  name: 'watchDown',
  params: { group: 'group' },
  lifetime: 'persistent',
  format: 1,
  schema: z.object({
    reason: text,
    sinceMs: timeMs,
    server: address.optional(),
    by: z.string().optional().describe('engine that raised it'),
  }),
  summary: 'alert: the heartbeat of the primary is lost though MySQL answers; nothing was switched',
  writtenBy: 'engine that owns the group',
  readBy: 'cli',
  example: {
    reason: 'no agent on db1, but db1:3306 answers',
    sinceMs: 1_760_000_000_000,
    server: 'db1:3306',
  },
});

export type WatchDown = z.output<typeof watchDown.schema>;
