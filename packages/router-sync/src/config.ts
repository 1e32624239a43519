import { isGroupName } from '@dcmha/zk-schema';
import { z } from 'zod';

const durationMs = z.int().positive();
const groupName = z.string().refine(isGroupName, 'expected the name of a group');

/** Backends of HAProxy other than those that `haproxyConfig` writes can be named. */
const groupSchema = z.union([
  groupName.transform((group): { group: string; writeBackend?: string; readBackend?: string } => ({ group })),
  z.strictObject({
    group: groupName,
    /** Backend with exactly one server slot. Default `dcmha_<group>_write`. */
    writeBackend: z.string().min(1).optional(),
    /** Backend with one slot for each read server. Default `dcmha_<group>_read`. */
    readBackend: z.string().min(1).optional(),
  }),
]);

const haproxySchema = z.strictObject({
  type: z.literal('haproxy'),
  /** Runtime socket with `level admin`: absolute path of a Unix socket, or `host:port`. */
  socket: z
    .string()
    .regex(/^(\/.+|(\[.+\]|[^:/]+):\d+)$/, 'expected the absolute path of a Unix socket, or host:port'),
  /** For one exchange with the proxy. */
  timeoutMs: durationMs.default(1000),
});

/** Configuration of one router-sync: one proxy, one or more groups. */
export const routerConfigSchema = z.strictObject({
  /** Name of this router: under it it acknowledges (`router-ack/<group>/<router>`). */
  router: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'expected letters, digits, ".", "_" and "-", at most 100'),
  zookeeper: z.strictObject({
    /** `host:port,host:port`, with `/chroot` where wanted. */
    connect: z.string().min(1),
    root: z.string().startsWith('/').default('/mysql'),
    sessionTimeoutMs: durationMs.default(6000),
    /** Digest credentials, `user:password`. */
    auth: z.string().min(1).optional(),
  }),
  proxy: z.discriminatedUnion('type', [haproxySchema]),
  groups: z
    .array(groupSchema)
    .min(1, 'expected at least one group')
    .refine(
      (groups) => new Set(groups.map(({ group }) => group)).size === groups.length,
      'names a group twice',
    ),
  /** Where the routes applied last are remembered over a restart. */
  stateFile: z.string().startsWith('/', 'expected an absolute path'),
  /** Where monitors find `/health` and `/metrics`; without it nothing listens. */
  http: z
    .strictObject({ host: z.string().min(1).default('127.0.0.1'), port: z.int().min(0).max(65_535) })
    .optional(),
  /** How often the proxy is compared with its routes. */
  checkIntervalMs: durationMs.default(1000),
  /** A start that has not reached ZooKeeper by then applies the routes of the state file. */
  startWithoutZooKeeperMs: durationMs.default(3000),
});

export type RouterConfigInput = z.input<typeof routerConfigSchema>;
export type RouterConfig = z.output<typeof routerConfigSchema>;
