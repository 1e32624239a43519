import { BadOptionError, SandboxError } from '../errors/index.js';
import { mergeOptions } from '../mysql/server-options.js';
import type { MysqlServer, MysqlServerOptions } from '../mysql/mysql-server.js';
import { waitUntil } from '../process/wait-until.js';
import { memberOptions, nextHost, serversMax, type GroupOptions } from './group-options.js';

/** One primary and its replicas, replicating by GTID. Which server is the primary may change; this object does not follow. */
export interface MysqlGroup {
  readonly servers: readonly MysqlServer[];
  /** The primary it was started with. */
  readonly primary: MysqlServer;
  readonly replicas: readonly MysqlServer[];
  /** The server that is writable now; `undefined` when none is, or more than one. */
  writable(): Promise<MysqlServer | undefined>;
}

/** What starts the servers of a group: a sandbox. */
export interface MysqlStarter {
  startMysql(options: MysqlServerOptions): Promise<MysqlServer>;
}

/**
 * Starts MySQL servers and makes them a group: GTID auto-position, semi-sync, short heartbeats, the first one writable
 * and durable, the others `super_read_only` with relaxed flushing. Nothing is in their history yet.
 */
export async function startGroup(sandbox: MysqlStarter, options: GroupOptions = {}): Promise<MysqlGroup> {
  const count = options.servers ?? 3;
  if (!Number.isInteger(count) || count < 1 || count > serversMax) {
    throw new BadOptionError('servers', `${count} must be a whole number from 1 to ${serversMax}`);
  }
  const semiSync = options.semiSync ?? true;
  const timeoutMs = options.timeoutMs ?? 30_000;
  const firstServerId = options.firstServerId ?? 1;
  const firstHost = options.firstHost ?? '127.0.0.11';
  const servers = await settleAll(
    Array.from({ length: count }, (_, index) =>
      sandbox.startMysql({
        serverId: firstServerId + index,
        host: nextHost(firstHost, index),
        options: mergeOptions(memberOptions(semiSync), options.options ?? {}),
      }),
    ),
  );
  const [primary, ...replicas] = servers as [MysqlServer, ...MysqlServer[]];
  await settleAll(replicas.map((replica) => follow(replica, primary, options.heartbeatPeriodMs ?? 500)));
  await settleAll(replicas.map((replica) => waitReplicating(replica, timeoutMs)));
  await openPrimary(primary, semiSync && replicas.length > 0);
  if (semiSync && replicas.length > 0) await waitSemiSync(primary, replicas.length, timeoutMs);
  return {
    servers,
    primary,
    replicas,
    writable: async () => {
      const closed = await Promise.all(
        servers.map((server) =>
          server
            .query<{ closed: number }[]>('SELECT @@global.read_only AS closed')
            .then(([row]) => row?.closed !== 0)
            .catch(() => true),
        ),
      );
      const writable = servers.filter((_, index) => !closed[index]);
      return writable.length === 1 ? writable[0] : undefined;
    },
  };
}

async function follow(replica: MysqlServer, source: MysqlServer, heartbeatPeriodMs: number): Promise<void> {
  const { user, password } = source.replication;
  await replica.query(
    'CHANGE REPLICATION SOURCE TO SOURCE_HOST = ?, SOURCE_PORT = ?, SOURCE_USER = ?, SOURCE_PASSWORD = ?,' +
      // Loopback needs no TLS; without it the password travels under the source's public key.
      ' SOURCE_SSL = 0, GET_SOURCE_PUBLIC_KEY = 1, SOURCE_AUTO_POSITION = 1,' +
      ' SOURCE_CONNECT_RETRY = 1, SOURCE_RETRY_COUNT = 86400, SOURCE_HEARTBEAT_PERIOD = ?',
    [source.host, source.port, user, password, heartbeatPeriodMs / 1000],
  );
  await replica.query('START REPLICA');
}

async function waitReplicating(replica: MysqlServer, timeoutMs: number): Promise<void> {
  let seen = '';
  const running = await waitUntil(
    async () => {
      const [row] = await replica.query('SHOW REPLICA STATUS');
      seen = ['Replica_IO_Running', 'Replica_SQL_Running', 'Last_IO_Error', 'Last_SQL_Error']
        .map((name) => `${name}=${String(row?.[name])}`)
        .join(', ');
      return row?.Replica_IO_Running === 'Yes' && row.Replica_SQL_Running === 'Yes' ? true : undefined;
    },
    { timeoutMs, everyMs: 20 },
  );
  if (!running) {
    throw new SandboxError(
      'SERVER_NOT_READY',
      `${replica.name} does not replicate after ${timeoutMs} ms: ${seen}`,
    );
  }
}

async function openPrimary(primary: MysqlServer, semiSync: boolean): Promise<void> {
  const settings = [
    'SET GLOBAL sync_binlog = 1',
    'SET GLOBAL innodb_flush_log_at_trx_commit = 1',
    ...(semiSync ? ['SET GLOBAL rpl_semi_sync_source_enabled = ON'] : []),
    'SET GLOBAL super_read_only = OFF',
    'SET GLOBAL read_only = OFF',
  ];
  for (const statement of settings) await primary.query(statement);
}

async function waitSemiSync(primary: MysqlServer, replicas: number, timeoutMs: number): Promise<void> {
  let clients = 0;
  const all = await waitUntil(
    async () => {
      const [row] = await primary.query("SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_source_clients'");
      clients = Number(row?.Value);
      return clients >= replicas ? true : undefined;
    },
    { timeoutMs, everyMs: 20 },
  );
  if (!all) {
    throw new SandboxError(
      'SERVER_NOT_READY',
      `${primary.name} has ${clients} of ${replicas} semi-sync replicas after ${timeoutMs} ms`,
    );
  }
}

/** As Promise.all, but waits for all to settle first: none is left at work when one fails. */
async function settleAll<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(work);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason as Error;
    return result.value;
  });
}
