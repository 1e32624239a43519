import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitUntil, type MysqlServer } from '@dcmha/sandbox';
import { TailSource, type TailSourceOptions } from '../../../src/tail-source/index.js';

export const account = { user: 'tail', password: 'made-for-one-operation' } as const;

/** Opens a tail source over the files of a server that was killed. */
export async function openTail(
  dead: Pick<MysqlServer, 'dataDir' | 'host'>,
  options: Partial<TailSourceOptions> = {},
): Promise<TailSource> {
  return TailSource.open({
    index: join(dead.dataDir, 'binlog.index'),
    host: dead.host,
    ...account,
    serverUuid: await serverUuidOf(dead.dataDir),
    ...options,
  });
}

/** From the file in which a server keeps it. */
export async function serverUuidOf(dataDir: string): Promise<string> {
  const text = await readFile(join(dataDir, 'auto.cnf'), 'utf8').catch(() => '');
  return /server-uuid=(\S+)/.exec(text)?.[1] ?? '00000000-0000-0000-0000-000000000000';
}

export interface FollowOptions {
  readonly ssl?: boolean;
  readonly heartbeatSeconds?: number;
  /** Nothing is applied. */
  readonly receiverOnly?: boolean;
}

/** Points a replica at a tail source and starts it. */
export async function follow(
  replica: MysqlServer,
  { host, port }: { readonly host: string; readonly port: number },
  { ssl = false, heartbeatSeconds = 0.2, receiverOnly = false }: FollowOptions = {},
): Promise<void> {
  await replica.query('STOP REPLICA');
  await replica.query(
    `CHANGE REPLICATION SOURCE TO SOURCE_HOST = '${host}', SOURCE_PORT = ${port},
       SOURCE_USER = '${account.user}', SOURCE_PASSWORD = '${account.password}', SOURCE_AUTO_POSITION = 1,
       SOURCE_HEARTBEAT_PERIOD = ${heartbeatSeconds}, SOURCE_CONNECT_RETRY = 1, SOURCE_RETRY_COUNT = 1,
       SOURCE_SSL = ${ssl ? 1 : 0}, GET_SOURCE_PUBLIC_KEY = ${ssl ? 0 : 1}`,
  );
  await replica.query(receiverOnly ? 'START REPLICA IO_THREAD' : 'START REPLICA');
}

export async function replicaStatus(replica: MysqlServer): Promise<Record<string, unknown>> {
  const [row] = await replica.query('SHOW REPLICA STATUS');
  return row ?? {};
}

export async function gtidExecuted(server: MysqlServer): Promise<string> {
  const [row] = await server.query<{ gtids: string }[]>('SELECT @@GLOBAL.gtid_executed AS gtids');
  return (row?.gtids ?? '').replaceAll(/\s/g, '');
}

/** Waits until the replica has applied `gtids`; fails with what it says itself. */
export async function applied(replica: MysqlServer, gtids: string, timeoutMs = 60_000): Promise<void> {
  const done = await waitUntil(
    async () => {
      const [row] = await replica.query<{ missing: string }[]>(
        'SELECT GTID_SUBTRACT(?, @@GLOBAL.gtid_executed) AS missing',
        [gtids],
      );
      if (row?.missing === '') return true;
      const status = await replicaStatus(replica);
      const error = `${String(status.Last_IO_Error)} ${String(status.Last_SQL_Error)}`.trim();
      return error === '' || error.includes('econnect') ? undefined : error;
    },
    { timeoutMs, everyMs: 20 },
  );
  if (done !== true) {
    const status = await replicaStatus(replica);
    throw new Error(`${replica.name} has not applied ${gtids}: ${done ?? JSON.stringify(status)}`);
  }
}

/** Waits until the receiver has got exactly `gtids`. */
export async function received(replica: MysqlServer, gtids: string): Promise<void> {
  const got = await waitUntil(
    async () => {
      const { Retrieved_Gtid_Set: set } = await replicaStatus(replica);
      return String(set).replaceAll(/\s/g, '') === gtids ? true : undefined;
    },
    { timeoutMs: 20_000, everyMs: 20 },
  );
  if (got === undefined) {
    throw new Error(
      `${replica.name} has not received ${gtids}: ${JSON.stringify(await replicaStatus(replica))}`,
    );
  }
}

/** Waits for the receiver's error; resolves to its text. */
export async function receiverError(replica: MysqlServer): Promise<string> {
  const found = await waitUntil(
    async () => {
      const { Last_IO_Error: error } = await replicaStatus(replica);
      return typeof error === 'string' && error !== '' ? error : undefined;
    },
    { timeoutMs: 20_000, everyMs: 20 },
  );
  if (found === undefined) throw new Error(`${replica.name} reports no error of its receiver`);
  return found;
}

/** `CHECKSUM TABLE` of every table of a database. */
export async function checksums(server: MysqlServer, database = 'app'): Promise<Record<string, unknown>> {
  const tables = await server.query<{ name: string }[]>(
    'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ? ORDER BY table_name',
    [database],
  );
  const sums: Record<string, unknown> = {};
  for (const { name } of tables) {
    const [row] = await server.query<{ Checksum: unknown }[]>(`CHECKSUM TABLE \`${database}\`.\`${name}\``);
    sums[name] = row?.Checksum;
  }
  return sums;
}

/** Kills a server while several clients write to it; resolves to how many commits were acknowledged. */
export async function killWhileWriting(server: MysqlServer, afterCommits: number): Promise<number> {
  await server.query('CREATE TABLE IF NOT EXISTS app.busy (id INT PRIMARY KEY AUTO_INCREMENT, body TEXT)');
  const [before] = await server.query<{ n: number }[]>('SELECT COUNT(*) AS n FROM app.busy');
  let commits = Number(before?.n);
  const enough = commits + afterCommits;
  const connections = await Promise.all(Array.from({ length: 8 }, () => server.connect({ database: 'app' })));
  const write = async (connection: (typeof connections)[number]): Promise<void> => {
    connection.on('error', () => undefined);
    try {
      for (;;) {
        await connection.query("INSERT INTO busy (body) VALUES (REPEAT('x', 2000))");
        commits += 1;
      }
    } catch {
      // The server is gone: that is how it ends.
    }
  };
  const writing = connections.map(write);
  const reached = await waitUntil(() => (commits >= enough ? true : undefined), {
    timeoutMs: 30_000,
    everyMs: 1,
  });
  await server.kill();
  await Promise.all(writing);
  for (const connection of connections) connection.destroy();
  if (reached === undefined) throw new Error(`${server.name} took only ${commits} commits`);
  return commits;
}
