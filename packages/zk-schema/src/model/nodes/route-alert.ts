import { z } from 'zod';
import { defineNode } from '../definition.js';
import { routeAlertSuffix, text, timeMs } from '../fields.js';

export const routeAlert = defineNode({
  name: 'watchDown',
  params: { group: 'group' },
  suffix: routeAlertSuffix,
  lifetime: 'persistent',
  format: 1,
  schema: z.object({
    reason: text,
    sinceMs: timeMs,
    routers: z.array(z.string()).default([]).describe('those that did not apply the route'),
    version: z.int().min(0).optional().describe('version of the route that they did not apply'),
  }),
  summary: 'alert: a router did not apply the route',
  writtenBy: 'engine that owns the group',
  readBy: 'cli',
  example: {
    reason: 'no acknowledgement within 3000 ms',
    sinceMs: 1_760_000_000_000,
    routers: ['haproxy-2'],
    version: 31,
  },
});

export type RouteAlert = z.output<typeof routeAlert.schema>;
