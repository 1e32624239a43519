import { z } from 'zod';
import { defineNode } from '../definition.js';
import { timeMs } from '../fields.js';

/**
 * Written in the same multi as each `engine/owner/<group>`, so its version counts the takings of ownership. A write
 * that checks that version cannot pass once another engine has taken over, whatever happened to the owner's node.
 */
export const engineFence = defineNode({
  name: 'engineFence',
  params: { group: 'group' },
  lifetime: 'persistent',
  format: 1,
  schema: z.object({
    engine: z.string().min(1).describe('id of the engine'),
    claim: z.string().min(1).describe('the taking of ownership that wrote it'),
    sinceMs: timeMs,
  }),
  summary: 'who took ownership of the group last; its version is the fencing token of that owner',
  writtenBy: 'engine',
  readBy: 'engine, cli',
  example: { engine: 'engine-1', claim: '5f0c6a52', sinceMs: 1_760_000_000_000 },
});

export type EngineFence = z.output<typeof engineFence.schema>;
