import { resolve } from 'node:path';
import { statement, type InstanceStatus, type MysqlInstance } from '@dcmha/mysql-instance';
import type { BinlogFacts } from './binlog-facts.js';

/**
 * Asks a living server where its binlog is.
 * @returns `null` where the binlog is off
 */
export async function readBinlogFacts(
  instance: MysqlInstance,
  status: InstanceStatus,
  deadline: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<BinlogFacts | null> {
  if (!status.logBin) return null;
  const [set] = await instance.query(
    [
      statement(
        'find binlog',
        'SELECT @@log_bin_index AS log_index, @@datadir AS data_dir, @@pid_file AS pid_file, ' +
          '@@ssl_cert AS cert, @@ssl_key AS cert_key',
      ),
    ],
    deadline,
  );
  const row = set?.rows[0] ?? {};
  const dataDir = row['data_dir'] ?? '/';
  const index = row['log_index'] ?? '';
  if (index === '') return null;
  const there = (path: string | null | undefined): string =>
    path === null || path === undefined || path === '' ? '' : resolve(dataDir, path);
  return {
    index: resolve(dataDir, index),
    dataDir,
    flavor: status.version.flavor,
    serverId: status.serverId,
    serverUuid: status.version.flavor === 'mysql' ? status.serverUuid : '',
    gtidPurged: status.version.flavor === 'mysql' ? status.gtidPurged : '',
    pidFile: there(row['pid_file']),
    sslCert: there(row['cert']),
    sslKey: there(row['cert_key']),
  };
}
