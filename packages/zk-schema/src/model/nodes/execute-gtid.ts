import { z } from 'zod';
import { defineNode } from '../definition.js';
import { address, epoch, groupName, gtidSet, timeMs } from '../fields.js';

export const executeGtid = defineNode({
  name: 'executeGtid',
  params: { server: 'address' },
  lifetime: 'persistent',
  format: 1,
  schema: z.object({
    group: groupName,
    successor: address.optional(),
    epoch: epoch.optional().describe('epoch of the successor'),
    gtidExecuted: gtidSet.describe('what the successor had executed when it took over'),
    atMs: timeMs.optional(),
  }),
  summary: 'GTID set of the successor when it took over from this old primary',
  writtenBy: 'engine that owns the group',
  readBy: 'agent (rejoin), cli',
  example: {
    group: 'orders',
    successor: 'db2:3306',
    epoch: 7,
    gtidExecuted: '0b5f9f4e-6d1c-11f0-9c1a-0242ac110002:1-4711',
    atMs: 1_760_000_000_000,
  },
});

export type ExecuteGtid = z.output<typeof executeGtid.schema>;
