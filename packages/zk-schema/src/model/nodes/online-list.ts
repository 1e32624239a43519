import { z } from 'zod';
import { defineNode } from '../definition.js';
import { groupName, timeMs } from '../fields.js';

export const onlineList = defineNode({
  name: 'onlineList',
  params: { server: 'address' },
  lifetime: 'ephemeral',
  format: 1,
  schema: z.object({
    group: groupName,
    agent: z.string().describe('id of the agent that owns the node'),
    serverUuid: z.string().optional(),
    endpoint: z
      .url({ protocol: /^https?$/, hostname: /./ })
      .optional()
      .describe('where its agent answers: the agents of a group remember each other by it'),
    pid: z.int().positive().optional().describe('process id of mysqld on its host'),
    sinceMs: timeMs,
  }),
  summary: 'the server is up; removed by its agent at once when it is not',
  writtenBy: 'agent',
  readBy: 'engine, agent, router-sync, cli',
  example: {
    group: 'orders',
    agent: 'db1',
    serverUuid: '0b5f9f4e-6d1c-11f0-9c1a-0242ac110002',
    pid: 4711,
    sinceMs: 1_760_000_000_000,
  },
});

export type OnlineServer = z.output<typeof onlineList.schema>;
