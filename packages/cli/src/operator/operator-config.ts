import { z } from 'zod';

/** Where a person's commands connect: `dcmha --config FILE`, or the environment. */
export const operatorConfigSchema = z.strictObject({
  zookeeper: z
    .strictObject({
      /** `host:port,host:port`, with `/chroot` where wanted. */
      connect: z.string().min(1).optional(),
      root: z.string().startsWith('/').optional(),
      /** Digest credentials, `user:password`. */
      auth: z.string().min(1).optional(),
    })
    .prefault({}),
  /** Account with which servers are looked at (`group add`, `status`). */
  mysql: z.strictObject({ user: z.string().min(1).optional(), password: z.string().optional() }).prefault({}),
  /** The token that agents and engines share (`http.token` of an agent): for files that only an agent has (`lost`). */
  agentToken: z.string().min(8).optional(),
  /** For reaching ZooKeeper and each server. */
  timeoutMs: z.int().positive().optional(),
});

export type OperatorConfig = z.output<typeof operatorConfigSchema>;
