import { MysqlInstance } from '@dcmha/mysql-instance';
import { waitUntil, type MysqlGroup, type MysqlServer, type Sandbox } from '@dcmha/sandbox';

/** Three MariaDB servers that replicate by GTID, the first one open. */
export async function startMariadbGroup(
  sandbox: Sandbox,
  { semiSync }: { readonly semiSync: boolean },
): Promise<MysqlGroup> {
  const servers = await Promise.all(
    [1, 2, 3].map((serverId) =>
      sandbox.startMysql({ flavor: 'mariadb', serverId, host: `127.0.0.${30 + serverId}` }),
    ),
  );
  const [primary, ...replicas] = servers as [MysqlServer, ...MysqlServer[]];
  const instances = servers.map(
    ({ host, port, admin }) => new MysqlInstance({ address: { host, port }, ...admin }),
  );
  const [first, ...others] = instances as [MysqlInstance, ...MysqlInstance[]];
  try {
    for (const instance of others) {
      await instance.follow(first.address, {
        ...primary.replication,
        semisyncReplica: semiSync,
        durability: 'relaxed',
        heartbeatPeriodMs: 500,
      });
    }
    const semisync = semiSync ? { waitForAckers: 1, timeoutMs: 4_294_967_295 } : null;
    await first.prepareSource({ durable: true, semisync });
    await first.openWrites();
    const ready = await waitUntil(
      async () => {
        const channels = await Promise.all(others.map(async (i) => (await i.status()).channels[0]));
        return channels.every((c) => c?.receiver === 'running') ? true : undefined;
      },
      { timeoutMs: 30_000 },
    );
    if (ready === undefined) throw new Error('the replicas do not follow within 30 s');
  } finally {
    for (const instance of instances) instance.close();
  }
  const isOpen = async (server: MysqlServer): Promise<boolean> => {
    const [row] = await server.query<{ closed: number }[]>('SELECT @@global.read_only AS closed');
    return row?.closed === 0;
  };
  return {
    servers,
    primary,
    replicas,
    writable: async () => {
      const open = await Promise.all(servers.map(isOpen));
      const found = servers.filter((_, index) => open[index]);
      return found.length === 1 ? found[0] : undefined;
    },
  };
}
