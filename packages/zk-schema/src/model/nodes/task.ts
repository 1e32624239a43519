import { z } from 'zod';
import { defineNode } from '../definition.js';
import { groupName, passthrough, timeMs } from '../fields.js';

/** The kinds that dcmha itself writes; an engine refuses, with an entry in the history, one that it does not know. */
export const taskKinds = [
  'add',
  'down',
  'white',
  'append',
  'failover',
  'switchover',
  'rejoin',
  'adopt',
] as const;
export type TaskKind = (typeof taskKinds)[number];

export const task = defineNode({
  name: 'task',
  params: { name: 'name' },
  // `down` is named for its group, so that many watchers who see one death make one task.
  lifetime: 'persistent-sequential',
  sequencePrefix: 'task',
  format: 1,
  schema: z.object({
    kind: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,63}$/, 'expected a kind such as "switchover"')
      .describe(`one of ${taskKinds.join(', ')}, or one that the reader knows`),
    group: groupName,
    requestedBy: z.string(),
    requestedAtMs: timeMs,
    args: passthrough.default({}).describe('what the kind needs; checked by the engine'),
  }),
  summary: 'work asked of the engine; removed when done, its result in the history',
  writtenBy: 'cli, engine',
  readBy: 'engine',
  example: {
    kind: 'switchover',
    group: 'orders',
    requestedBy: 'anna',
    requestedAtMs: 1_760_000_000_000,
    args: { target: 'db2:3306' },
  },
});

export type Task = z.output<typeof task.schema>;
