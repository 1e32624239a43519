import { z } from 'zod';
import { defineNode } from '../definition.js';
import { address, epoch, groupName, gtidSet, timeMs } from '../fields.js';

export const readbinlogStatus = defineNode({
  name: 'readbinlogStatus',
  params: { server: 'address' },
  lifetime: 'persistent',
  format: 1,
  schema: z.object({
    group: groupName,
    successor: address.optional(),
    epoch: epoch.optional().describe('epoch of the successor'),
    file: z
      .string()
      .nullable()
      .describe("the old primary's binlog file that the successor had read; null: none"),
    position: z.int().min(0).nullable().describe('byte offset in that file'),
    gtidReceived: gtidSet.optional(),
    atMs: timeMs.optional(),
  }),
  summary: 'how far the successor had read the binlog of this old primary',
  writtenBy: 'engine that owns the group',
  readBy: 'agent (rejoin), cli',
  example: {
    group: 'orders',
    successor: 'db2:3306',
    epoch: 7,
    file: 'binlog.000012',
    position: 9231,
    atMs: 1_760_000_000_000,
  },
});

export type ReadBinlogStatus = z.output<typeof readbinlogStatus.schema>;
