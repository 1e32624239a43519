import { MysqlInstance, type InstanceStatus } from '@dcmha/mysql-instance';
import { formatAddress, parseAddress } from '@dcmha/zk-schema';
import { semisyncForeverMs } from '../core/diagnosis/catalogue.js';
import type { MemberKey, ReplicaChannel, ServerState } from '../core/model.js';
import type { ManagedServerControl } from '../ports.js';

export interface MysqlControlOptions {
  readonly mysql: { readonly user: string; readonly password: string };
  readonly replication: { readonly user: string; readonly password: string };
  readonly timeoutMs: number;
  /** The held connection ended by itself: the first sign of a process that died. */
  readonly lost: (member: MemberKey, detail: string) => void;
}

/** Statements that change tables; they hold appliers up for as long as they took here. */
const ddl =
  /^\s*(?:\/\*.*?\*\/\s*)*(?:ALTER|TRUNCATE|RENAME|OPTIMIZE|REPAIR|(?:CREATE|DROP)\s+(?!TEMPORARY|USER|ROLE))/i;

const binlogBytesMax = 16 * 1024 * 1024;

/** A member over `MysqlInstance`, in the engine's terms. */
export function mysqlControl(key: MemberKey, options: MysqlControlOptions): ManagedServerControl {
  // The first login of an account after a start of the server costs a key exchange: done before a failover needs it.
  let warm = false;
  const keepWarm = (): void => {
    if (warm) return;
    warm = true;
    instance.warmLogin(options.replication, { timeoutMs: options.timeoutMs }).catch(() => {
      warm = false;
    });
  };
  const instance = new MysqlInstance({
    address: parseAddress(key),
    ...options.mysql,
    connectTimeoutMs: options.timeoutMs,
    applicationName: 'dcmha-engine',
    onConnectionLost: (error) => {
      warm = false;
      options.lost(key, error.message);
    },
  });
  return {
    key,
    probe: async (deadline) => {
      const { verdict, evidence } = await instance.probe(deadline);
      return { outcome: verdict, detail: evidence.map((e) => e.detail).join('; ') };
    },
    read: async (deadline) => {
      const status = await instance.status(deadline);
      keepWarm();
      return serverState(status);
    },
    close: async (deadline) => void (await instance.fence({ ...deadline, killClients: true })),
    stopReceiver: (deadline) => instance.stopReceiver(deadline),
    startReceiver: (deadline) => instance.startReceiver(deadline),
    startApplier: (deadline) => instance.startApplier(deadline),
    waitForGtids: (set, deadline) => instance.waitForGtid(set, deadline),
    relax: (deadline) => instance.setDurability('crash-safe', deadline),
    prepareAsSource: (ackers, { fallbackMs, ...deadline }) =>
      instance.prepareSource({
        ...deadline,
        durable: true,
        semisync:
          ackers === null ? null : { waitForAckers: ackers, timeoutMs: fallbackMs ?? semisyncForeverMs },
      }),
    shortenBinlog: async (deadline) => void (await instance.rotateBinlogAbove(binlogBytesMax, deadline)),
    openWrites: (deadline) => instance.openWrites(deadline),
    leaveSource: (deadline) => instance.resetReplication(deadline),
    follow: async (source, { heartbeatPeriodMs, semisync, durability, ...deadline }) => {
      await instance.follow(parseAddress(source), {
        ...deadline,
        ...options.replication,
        heartbeatPeriodMs,
        semisyncReplica: semisync,
        durability,
      });
    },
    fetchFrom: async (
      { host, port, user, password, tls },
      { heartbeatPeriodMs, durability, ...deadline },
    ) => {
      await instance.follow(
        { host, port },
        {
          ...deadline,
          user,
          password,
          ssl: tls,
          heartbeatPeriodMs,
          semisyncReplica: false,
          durability,
        },
      );
    },
    longTransactions: async (thresholdMs, deadline) => {
      const found = await instance.longTransactions(thresholdMs, deadline);
      return found.map(({ user, ageMs }) => ({ user, ageMs }));
    },
    runningDdl: async (deadline) => {
      const sessions = await instance.sessions(deadline);
      return sessions
        .filter(({ command, info }) => command === 'Query' && info !== null && ddl.test(info))
        .map(({ user, timeS, info }) => ({ user, ageMs: timeS * 1000, statement: info ?? '' }));
    },
    release: async () => instance.close(),
  };
}

export function serverState(status: InstanceStatus): ServerState {
  const channel = status.channels.find((c) => c.name === '') ?? null;
  return {
    serverUuid: status.serverUuid,
    serverId: status.serverId,
    flavor: status.version.flavor,
    version: status.version.parts,
    readOnly: status.readOnly,
    superReadOnly: status.superReadOnly,
    gtidMode: status.gtidMode,
    gtidExecuted: status.gtidExecuted,
    gtidPurged: status.gtidPurged,
    logBin: status.logBin,
    logReplicaUpdates: status.logReplicaUpdates,
    channel: channel === null ? null : replicaChannel(channel),
    semisync: {
      sourceEnabled: status.semisync.sourceEnabled,
      replicaEnabled: status.semisync.replicaEnabled,
      ackers: status.semisync.ackers,
      waitingSessions: status.semisync.waitingSessions,
      waitForAckers: status.semisync.waitForAckers,
      timeoutMs: status.semisync.timeoutMs,
    },
    durable: status.durability.syncBinlog === 1 && status.durability.flushLogAtTrxCommit === 1,
  };
}

function replicaChannel(channel: InstanceStatus['channels'][number]): ReplicaChannel {
  const { lastReceiverError, lastApplierError } = channel;
  const text = (error: typeof lastReceiverError): string =>
    error === null ? '' : `${error.errno} ${error.message}`;
  return {
    source: formatAddress({ host: channel.sourceHost, port: channel.sourcePort }),
    sourceUuid: channel.sourceUuid,
    receiver: channel.receiver,
    applier: channel.applier,
    receivedGtids: channel.receivedGtids,
    autoPosition: channel.autoPosition,
    lagMs: channel.lagMs,
    delayMs: channel.delayMs,
    receiverError: text(lastReceiverError),
    applierError: text(lastApplierError),
    heardAgoMs: channel.lastReceivedAgeMs,
  };
}
