import { z } from 'zod';
import { defineNode } from '../definition.js';
import { epoch, text, timeMs } from '../fields.js';

export const routerAck = defineNode({
  name: 'routerAck',
  params: { group: 'group', router: 'name' },
  lifetime: 'ephemeral',
  format: 1,
  schema: z.object({
    version: z.int().min(0).describe('version of the route that it applied last'),
    epoch: epoch.describe('epoch of that route'),
    appliedAtMs: timeMs,
    error: text.optional().describe('why a newer route could not be applied'),
  }),
  summary: 'which route a live router has applied',
  writtenBy: 'router-sync',
  readBy: 'engine, cli',
  example: { version: 31, epoch: 7, appliedAtMs: 1_760_000_000_000 },
});

export type RouterAck = z.output<typeof routerAck.schema>;
