import { z } from 'zod';
import { defineNode } from '../definition.js';
import { replicationEndpoint } from './addition-replication.js';

export const additionRegion = defineNode({
  name: 'additionRegion',
  params: { region: 'name' },
  lifetime: 'persistent',
  format: 1,
  schema: z.object({
    endpoints: z
      .array(replicationEndpoint)
      .max(1000)
      .refine(
        (list) => new Set(list.map((one) => one.address)).size === list.length,
        'names an endpoint twice',
      ),
  }),
  summary: 'endpoints that can serve the extra channels of a region',
  writtenBy: 'cli',
  readBy: 'engine',
  example: { endpoints: [{ address: 'dc2-db1:3306', tls: true }, { address: 'dc2-db2:3306' }] },
});

export type AdditionRegion = z.output<typeof additionRegion.schema>;
