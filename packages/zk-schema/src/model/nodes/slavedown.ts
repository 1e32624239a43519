import { z } from 'zod';
import { defineNode } from '../definition.js';
import { groupName, text, timeMs } from '../fields.js';

export const slavedown = defineNode({
  name: 'slavedown',
  params: { server: 'address' },
  lifetime: 'persistent',
  format: 1,
  schema: z.object({
    group: groupName,
    reason: text.describe('why it left the read pool'),
    sinceMs: timeMs,
    by: z.string().optional(),
  }),
  summary: 'a replica that was taken out of the read pool, and why',
  writtenBy: 'engine that owns the group, cli',
  readBy: 'engine, cli',
  example: { group: 'orders', reason: 'lag 42 s above the limit of 30 s', sinceMs: 1_760_000_000_000 },
});

export type ReplicaDown = z.output<typeof slavedown.schema>;
