import { z } from 'zod';
import { defineNode } from '../definition.js';
import { timeMs } from '../fields.js';

export const lock = defineNode({
  name: 'lock',
  params: { name: 'name' },
  lifetime: 'ephemeral',
  format: 1,
  schema: z.object({
    holder: z.string().describe('engine, agent or person that holds it'),
    purpose: z.string().optional(),
    sinceMs: timeMs,
  }),
  summary: 'holder of the lock of a group or a task',
  writtenBy: 'engine, cli',
  readBy: 'engine, cli',
  example: { holder: 'engine-1', purpose: 'failover', sinceMs: 1_760_000_000_000 },
});

export type Lock = z.output<typeof lock.schema>;
