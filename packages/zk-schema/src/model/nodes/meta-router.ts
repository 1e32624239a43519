import { z } from 'zod';
import { defineNode } from '../definition.js';

export const metaRouter = defineNode({
  name: 'metaRouter',
  params: { group: 'group' },
  lifetime: 'persistent',
  format: 1,
  schema: z.object({
    routers: z
      .array(z.string().min(1))
      .max(1000)
      .refine((list) => new Set(list).size === list.length, 'names a router twice')
      .describe('names under which they acknowledge (router-ack)'),
  }),
  summary: 'routers expected to serve the group',
  writtenBy: 'cli',
  readBy: 'engine, cli',
  example: { routers: ['haproxy-1', 'haproxy-2'] },
});

export type RouterMeta = z.output<typeof metaRouter.schema>;
