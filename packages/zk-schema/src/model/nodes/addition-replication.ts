import { z } from 'zod';
import { defineNode } from '../definition.js';
import { address, timeMs } from '../fields.js';

export const replicationEndpoint = z.object({
  address,
  tls: z.boolean().default(false),
});
export type ReplicationEndpoint = z.output<typeof replicationEndpoint>;

export const additionReplication = defineNode({
  name: 'additionReplication',
  params: { group: 'group', region: 'name' },
  lifetime: 'persistent',
  format: 1,
  schema: z.object({
    source: replicationEndpoint.nullable().describe('where the channel points now; null: nowhere yet'),
    sinceMs: timeMs.optional(),
  }),
  summary: 'an extra channel that the primary of the group keeps, to a source in another region',
  writtenBy: 'cli, engine that owns the group',
  readBy: 'engine',
  example: { source: { address: 'dc2-db1:3306', tls: true }, sinceMs: 1_760_000_000_000 },
});

export type AdditionReplication = z.output<typeof additionReplication.schema>;
