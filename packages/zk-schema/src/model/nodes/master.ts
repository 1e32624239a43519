import { z } from 'zod';
import { defineNode } from '../definition.js';
import { address, epoch, gtidSet, timeMs } from '../fields.js';

export const master = defineNode({
  name: 'master',
  params: { group: 'group' },
  lifetime: 'persistent',
  format: 1,
  schema: z.object({
    primary: address,
    epoch: epoch.describe('grows with each change of primary; never falls'),
    sinceMs: timeMs,
    gtidExecuted: gtidSet.optional().describe('what it had executed when it was promoted'),
    serverUuid: z.string().optional(),
    previous: address.optional().describe('the primary that it replaced'),
  }),
  summary: 'the primary of the group and since which epoch',
  writtenBy: 'engine that owns the group',
  readBy: 'everyone',
  example: {
    primary: 'db2:3306',
    epoch: 7,
    sinceMs: 1_760_000_000_000,
    gtidExecuted: '0b5f9f4e-6d1c-11f0-9c1a-0242ac110002:1-4711',
    serverUuid: '1c6f9f4e-6d1c-11f0-9c1a-0242ac110003',
    previous: 'db1:3306',
  },
});

export type Master = z.output<typeof master.schema>;
