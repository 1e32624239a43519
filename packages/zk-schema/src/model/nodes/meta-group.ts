import { z } from 'zod';
import { defineNode } from '../definition.js';
import { distinctAddresses, passthrough } from '../fields.js';

export const flavor = z.enum(['mysql', 'mariadb']);
export type Flavor = z.output<typeof flavor>;

export const metaGroup = defineNode({
  name: 'metaGroup',
  params: { group: 'group' },
  lifetime: 'persistent',
  format: 1,
  schema: z.object({
    members: distinctAddresses.describe('its servers'),
    flavor: flavor.default('mysql'),
    policy: passthrough.default({}).describe('how it is treated; checked by the engine'),
  }),
  summary: 'members and policy of a group',
  writtenBy: 'cli, engine (task add)',
  readBy: 'engine, agent, router-sync, cli',
  example: {
    members: ['db1:3306', 'db2:3306', 'db3:3306'],
    flavor: 'mysql',
    policy: { durability: 'semisync' },
  },
});

export type GroupMeta = z.output<typeof metaGroup.schema>;
