import { z } from 'zod';
import { defineNode } from '../definition.js';
import { groupName } from '../fields.js';

export const promotionRule = z.enum(['prefer', 'neutral', 'prefer-not', 'must-not']);
export type PromotionRule = z.output<typeof promotionRule>;

export const metaHost = defineNode({
  name: 'metaHost',
  params: { server: 'address' },
  lifetime: 'persistent',
  format: 1,
  schema: z.object({
    group: groupName,
    region: z.string().min(1).default('default'),
    promotion: promotionRule.default('neutral').describe('whether it may become primary'),
    agent: z.string().optional().describe('http(s) address of its agent, where it is not in online-clients'),
  }),
  summary: 'what is known about a server: its group, region and promotion rule',
  writtenBy: 'cli, engine (task add)',
  readBy: 'engine, agent, router-sync, cli',
  example: { group: 'orders', region: 'eu-1', promotion: 'prefer' },
});

export type HostMeta = z.output<typeof metaHost.schema>;
