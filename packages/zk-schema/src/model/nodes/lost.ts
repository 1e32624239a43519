import { z } from 'zod';
import { defineNode } from '../definition.js';
import { address, epoch, gtidSet, text, timeMs } from '../fields.js';

export const lost = defineNode({
  name: 'lost',
  params: { group: 'group', id: 'name' },
  lifetime: 'persistent',
  format: 1,
  schema: z.object({
    server: address.describe('where they had been committed'),
    primary: address.optional().describe('the primary that does not have them'),
    epoch: epoch.optional(),
    directory: z.string().describe('folder with the files, on the host of the server'),
    gtids: gtidSet,
    transactions: z.int().min(0),
    rows: z.int().min(0).optional(),
    tables: z.array(z.string()).default([]).describe('schema.table'),
    why: text,
    createdAtMs: timeMs,
    undone: z.boolean().describe('false: still in the server, which therefore stays fenced'),
    review: z
      .object({
        state: z.enum(['open', 'replayed', 'resolved']),
        by: z.string().optional(),
        atMs: timeMs.optional(),
        note: text.optional(),
      })
      .default({ state: 'open' }),
  }),
  summary:
    'transactions that were rolled back on a returning server: where the files are, and whether judged',
  writtenBy: 'agent, cli',
  readBy: 'cli',
  example: {
    server: 'db1:3306',
    primary: 'db2:3306',
    epoch: 7,
    directory: '/var/lib/dcmha/lost/2025-10-09T08-53-20Z-db1-3306',
    gtids: '0b5f9f4e-6d1c-11f0-9c1a-0242ac110002:4712-4713',
    transactions: 2,
    rows: 5,
    tables: ['app.orders'],
    why: 'committed on db1:3306 after it was cut off',
    createdAtMs: 1_760_000_000_000,
    undone: true,
  },
});

export type Lost = z.output<typeof lost.schema>;
