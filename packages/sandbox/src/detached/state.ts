import { z } from 'zod';

/** What a server of a sandbox is. */
export const entryKinds = [
  'zookeeper',
  'mysql',
  'mariadb',
  'haproxy',
  'agent',
  'engine',
  'router',
  'other',
] as const;
export type EntryKind = (typeof entryKinds)[number];

const entry = z.object({
  name: z.string(),
  kind: z.enum(entryKinds),
  /** `host:port` where it has one. */
  address: z.string().optional(),
  pid: z.int().positive(),
  startTime: z.string(),
  logFile: z.string(),
  spec: z.object({
    name: z.string(),
    file: z.string(),
    args: z.array(z.string()),
    cwd: z.string(),
    env: z.record(z.string(), z.string()).optional(),
    logFile: z.string(),
    staleFiles: z.array(z.string()).optional(),
  }),
});

/** What is kept on disk of a sandbox that outlives the program that started it. */
export const detachedState = z.object({
  version: z.literal(1),
  name: z.string(),
  folder: z.string(),
  createdAt: z.string(),
  /** Where to connect, by name: `zookeeper`, `write`, `read`. */
  endpoints: z.record(z.string(), z.string()),
  entries: z.array(entry),
});

export type DetachedState = z.output<typeof detachedState>;
export type DetachedEntry = DetachedState['entries'][number];
