import type { VariableNames } from '../dialect.js';
import { masterSlaveNames, sourceReplicaNames } from '../semisync-names.js';

export const variables: VariableNames = {
  snapshot: {
    version: 'VERSION()',
    versionComment: '@@GLOBAL.version_comment',
    serverUuid: '@@GLOBAL.server_uuid',
    serverId: '@@GLOBAL.server_id',
    readOnly: '@@GLOBAL.read_only',
    superReadOnly: '@@GLOBAL.super_read_only',
    gtidMode: '@@GLOBAL.gtid_mode',
    gtidExecuted: '@@GLOBAL.gtid_executed',
    gtidPurged: '@@GLOBAL.gtid_purged',
    logBin: '@@GLOBAL.log_bin',
    logReplicaUpdates: '@@GLOBAL.log_replica_updates',
    binlogFormat: '@@GLOBAL.binlog_format',
    binlogRowImage: '@@GLOBAL.binlog_row_image',
    syncBinlog: '@@GLOBAL.sync_binlog',
    flushLogAtTrxCommit: '@@GLOBAL.innodb_flush_log_at_trx_commit',
    maxConnections: '@@GLOBAL.max_connections',
    now: 'UNIX_TIMESTAMP(NOW(6))',
  },
  optional: {},
  syncBinlog: 'sync_binlog',
  flushLogAtTrxCommit: 'innodb_flush_log_at_trx_commit',
  semisync: [sourceReplicaNames, masterSlaveNames],
};
