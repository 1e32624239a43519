import { z } from 'zod';
import { parseAddress } from '@dcmha/zk-schema';

const server = z.string().refine(
  (text) => {
    try {
      parseAddress(text);
      return true;
    } catch {
      return false;
    }
  },
  { error: 'expected host:port' },
);
const credentials = z.strictObject({ user: z.string().min(1), password: z.string() });

/** Configuration of one agent; each beside one server. */
export const agentConfigSchema = z.strictObject({
  zookeeper: z.strictObject({
    /** `host:port,host:port`, with a chroot behind if wanted. */
    connect: z.string().min(1),
    root: z.string().startsWith('/').default('/mysql'),
    sessionTimeoutMs: z.int().min(500).max(120_000).default(6_000),
    /** `user:password` of a digest. */
    auth: z.string().optional(),
  }),
  /** Under which name the agent is known; default: the host of its server. */
  agentId: z.string().min(1).optional(),
  server: z.strictObject({
    /** As the group knows it. */
    address: server,
    /** Where the agent reaches it; default: the address. */
    connect: server.optional(),
    /** Default: what the server says (`@@pid_file`). */
    pidFile: z.string().optional(),
    /** Index file of its binlog, to serve when it is dead; default: what the server says (`@@log_bin_index`). */
    binlogIndex: z.string().min(1).optional(),
  }),
  /** Account that may read status, set variables and control replication. */
  mysql: credentials,
  /** Account that the server uses to follow its primary. */
  replication: credentials,
  /** Folder for what must survive the agent: the state of a rejoin, the files of lost transactions. */
  stateDir: z.string().min(1).default('/var/lib/dcmha'),
  http: z.strictObject({
    host: z.string().default('127.0.0.1'),
    port: z.int().min(0).max(65_535).default(0),
    /** Under which address others reach it; default: `http://host:port`. */
    advertise: z.url().optional(),
    /** Shared with the engines; without it nobody can ask this agent to close its server. */
    token: z.string().min(8).optional(),
  }),
  /** What becomes of a server that replication cannot bring behind the primary (see docs/lost-transactions.md). */
  rejoin: z
    .strictObject({
      /** Its data is replaced by a copy of the primary's (clone plugin); false: it stays closed until somebody acts. */
      clone: z.boolean().default(false),
      /** Longest time for one clone. */
      cloneTimeoutMs: z.int().min(1_000).max(604_800_000).default(21_600_000),
    })
    .prefault({}),
  /** Serving the binlog of the server when that is dead, to replicas that lack its last transactions. */
  tail: z
    .strictObject({
      /** Where to listen; default: the host of the server's address. */
      host: z.string().min(1).optional(),
      /** 0: a free one. */
      port: z.int().min(0).max(65_535).default(0),
      /** Under which host replicas reach it; default: the host of the server's address. */
      advertise: z.string().min(1).optional(),
      /** PEM files; default: the certificate of the dead server itself. */
      tls: z.strictObject({ certFile: z.string().min(1), keyFile: z.string().min(1) }).optional(),
      /** Also take connections without TLS. */
      allowPlain: z.boolean().default(false),
      /** It ends when nobody was connected for so long, or the agent had no session with ZooKeeper. */
      unusedMs: z.int().min(1_000).max(86_400_000).default(120_000),
      /** It ends after so long in any case. */
      maxMs: z.int().min(1_000).max(604_800_000).default(3_600_000),
      /** Whether an engine may have a mysqld ended (SIGKILL) that hangs and cannot be closed. */
      mayEndProcess: z.boolean().default(true),
    })
    .prefault({}),
  probe: z
    .strictObject({
      intervalMs: z.int().min(20).max(60_000).default(250),
      timeoutMs: z.int().min(50).max(60_000).default(1_000),
      /** Silence for so long means hung. */
      hungAfterMs: z.int().min(100).max(600_000).default(1_500),
      /** How often the process is looked at. */
      processPollMs: z.int().min(1).max(1_000).default(10),
    })
    .prefault({}),
});

export type AgentConfig = z.output<typeof agentConfigSchema>;
export type AgentConfigInput = z.input<typeof agentConfigSchema>;
