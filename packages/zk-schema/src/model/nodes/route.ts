import { z } from 'zod';
import { defineNode } from '../definition.js';
import { address, distinctAddresses, epoch, text, timeMs } from '../fields.js';

export const route = defineNode({
  name: 'route',
  params: { group: 'group' },
  lifetime: 'persistent',
  format: 1,
  schema: z.object({
    write: address.nullable().describe('where writes go; null: nowhere'),
    read: distinctAddresses.describe('where reads go'),
    epoch: epoch.describe('a route of a lower epoch than the one applied must not be applied'),
    version: z.int().min(0).describe('grows with each publication; what routers acknowledge'),
    reason: text,
    changedAtMs: timeMs.optional(),
  }),
  summary: 'the route: where writes and reads of the group go',
  writtenBy: 'engine that owns the group',
  readBy: 'router-sync, cli',
  example: {
    write: 'db2:3306',
    read: ['db1:3306', 'db3:3306'],
    epoch: 7,
    version: 31,
    reason: 'failover from db1:3306',
    changedAtMs: 1_760_000_000_000,
  },
});

export type Route = z.output<typeof route.schema>;
