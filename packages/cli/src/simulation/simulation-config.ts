import { groupPolicySchema } from '@dcmha/zk-schema';
import { z } from 'zod';

/** What `dcmha simulate` is given: a group's policy, and its members; the first one begins as primary. */
export const simulationConfigSchema = z.strictObject({
  policy: groupPolicySchema.prefault({}),
  members: z
    .array(
      z.strictObject({
        region: z.string().min(1).default('default'),
        promotion: z.enum(['prefer', 'neutral', 'prefer-not', 'must-not']).default('neutral'),
        /** What its applier needs for one transaction, milliseconds. */
        applyMs: z.number().min(0).max(10_000).default(0),
      }),
    )
    .min(2)
    .max(9)
    .default(() =>
      Array.from({ length: 3 }, () => ({ region: 'default', promotion: 'neutral', applyMs: 0 }) as const),
    ),
});

export type SimulationConfig = z.output<typeof simulationConfigSchema>;
