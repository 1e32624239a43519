import { z } from 'zod';
import { defineNode } from '../definition.js';
import { text, timeMs } from '../fields.js';

/**
 * While it exists nothing is switched in the group. Once `untilMs` is over the engine adopts whatever primary was left,
 * and removes it; until that has succeeded nothing is switched either.
 */
export const white = defineNode({
  name: 'white',
  params: { group: 'group' },
  lifetime: 'persistent',
  format: 1,
  schema: z.object({
    by: z.string().describe('who asked for it'),
    reason: text,
    sinceMs: timeMs,
    untilMs: timeMs.optional().describe('the engine ends it then; without it, only by a person'),
  }),
  summary: 'maintenance: the engine leaves the group alone',
  writtenBy: 'cli',
  readBy: 'engine',
  example: { by: 'anna', reason: 'kernel update', sinceMs: 1_760_000_000_000, untilMs: 1_760_003_600_000 },
});

export type Maintenance = z.output<typeof white.schema>;
