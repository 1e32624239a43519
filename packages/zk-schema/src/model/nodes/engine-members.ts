import { z } from 'zod';
import { defineNode } from '../definition.js';
import { timeMs } from '../fields.js';

export const engineMembers = defineNode({
  name: 'engineMembers',
  params: { id: 'name' },
  lifetime: 'ephemeral',
  format: 1,
  schema: z.object({
    id: z.string().min(1),
    host: z.string(),
    pid: z.int().positive(),
    sinceMs: timeMs,
    version: z.string(),
    endpoint: z
      .url({ protocol: /^https?$/, hostname: /./ })
      .optional()
      .describe('http(s) address of the engine, for "explain"'),
  }),
  summary: 'a live engine',
  writtenBy: 'engine',
  readBy: 'engine, cli',
  example: { id: 'engine-1', host: 'ops1', pid: 815, sinceMs: 1_760_000_000_000, version: '0.1.0' },
});

export type EngineMember = z.output<typeof engineMembers.schema>;
