export interface EnsembleMember {
  /** 1 or more. */
  readonly id: number;
  readonly host: string;
  readonly clientPort: number;
  /** Followers connect to the leader here; unused with one node. */
  readonly quorumPort: number;
  readonly electionPort: number;
}

/** `zoo.cfg` of one member (ZooKeeper administrator's guide, "Configuration Parameters"). */
export function zooKeeperConfig(
  self: EnsembleMember,
  members: readonly EnsembleMember[],
  facts: { dataDir: string; tickTimeMs: number; extra: Readonly<Record<string, string | number>> },
): string {
  const settings: Record<string, string | number> = {
    tickTime: facts.tickTimeMs,
    // In ticks: generous, because a busy machine stalls a JVM for longer than a production one would.
    initLimit: 40,
    syncLimit: 20,
    dataDir: facts.dataDir,
    clientPort: self.clientPort,
    clientPortAddress: self.host,
    maxClientCnxns: 0,
    'admin.enableServer': 'false',
    '4lw.commands.whitelist': '*',
    ...(members.length > 1
      ? Object.fromEntries(
          members.map((member) => [
            `server.${member.id}`,
            `${member.host}:${member.quorumPort}:${member.electionPort}`,
          ]),
        )
      : {}),
    ...facts.extra,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
