import type { ServerOptions } from '../mysql/server-options.js';

export interface GroupOptions {
  /** How many servers; default 3, at most 16. The first becomes the primary. */
  readonly servers?: number;
  /** `server_id` of the first; the others count up. Default 1. */
  readonly firstServerId?: number;
  /** Loopback address of the first; the others count up. Default `127.0.0.11`. */
  readonly firstHost?: string;
  /** Semi-synchronous replication without fallback to asynchronous (AFTER_SYNC); default true. */
  readonly semiSync?: boolean;
  /** `SOURCE_HEARTBEAT_PERIOD` of the channels, default 500. */
  readonly heartbeatPeriodMs?: number;
  /** Options of all servers, over those of the group. */
  readonly options?: ServerOptions;
  /** Deadline for replication to run, default 30 000. */
  readonly timeoutMs?: number;
}

export const serversMax = 16;

/** Semi-sync waits this long before it would fall back to asynchronous: longer than anything here lives. */
const semiSyncTimeoutMs = 4_294_967_295;

/**
 * Options of a member. Every server comes up closed (`super_read_only`), whatever it was before; only a promotion, at
 * run time, opens it. All start with the relaxed flushing of a replica; a promotion makes the primary durable.
 */
export function memberOptions(semiSync: boolean): ServerOptions {
  return {
    'super-read-only': 'ON',
    'read-only': 'ON',
    'sync-binlog': 0,
    'innodb-flush-log-at-trx-commit': 2,
    'relay-log-recovery': 'ON',
    'replica-net-timeout': 4,
    'skip-replica-start': 'OFF',
    ...(semiSync
      ? {
          'plugin-load-add': 'semisync_source.so;semisync_replica.so',
          'rpl-semi-sync-source-timeout': semiSyncTimeoutMs,
          'rpl-semi-sync-source-wait-point': 'AFTER_SYNC',
          // The source side blocks the applier of a replica: it is switched on by promotion only.
          'rpl-semi-sync-source-enabled': 'OFF',
          'rpl-semi-sync-replica-enabled': 'ON',
        }
      : {}),
  };
}

/** Adds to the last number of an IPv4 loopback address. */
export function nextHost(first: string, offset: number): string {
  const parts = first.split('.').map(Number);
  parts[3]! += offset;
  return parts.join('.');
}
