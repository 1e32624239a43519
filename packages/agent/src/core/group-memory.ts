import { z } from 'zod';

/** What an agent remembers of its group over a restart of its own, for when ZooKeeper cannot be asked. */
export const groupMemorySchema = z.strictObject({
  format: z.literal(1).default(1),
  server: z.string(),
  group: z.string().nullable(),
  primary: z.object({ primary: z.string(), epoch: z.int().min(0) }).nullable(),
  operationInProgress: z.boolean(),
  members: z.array(z.string()),
  /** Where the agent of each member answers. */
  endpoints: z.record(z.string(), z.url()),
  fencing: z.enum(['failsafe', 'lease', 'none']),
  leaseMs: z.number().min(0),
});
export type GroupMemory = z.output<typeof groupMemorySchema>;
