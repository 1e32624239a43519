import { z } from 'zod';
import { defineNode } from '../definition.js';
import { timeMs } from '../fields.js';

export const engineOwner = defineNode({
  name: 'engineOwner',
  params: { group: 'group' },
  lifetime: 'ephemeral',
  format: 1,
  schema: z.object({
    engine: z.string().min(1).describe('id of the engine'),
    claim: z.string().min(1).describe('unique to this taking of ownership'),
    sinceMs: timeMs,
  }),
  summary: 'the engine that owns the group; every write about the group checks it',
  writtenBy: 'engine',
  readBy: 'engine, cli',
  example: { engine: 'engine-1', claim: '5f0c6a52', sinceMs: 1_760_000_000_000 },
});

export type EngineOwner = z.output<typeof engineOwner.schema>;
