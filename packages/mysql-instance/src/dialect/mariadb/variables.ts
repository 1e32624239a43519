import type { VariableNames } from '../dialect.js';
import { variables as mysql } from '../mysql-8.4/variables.js';
import { mariadbNames } from '../semisync-names.js';

/**
 * MariaDB has no server UUID before `server_uid` (10.5.26, 10.6.19, 10.11.9), no super_read_only, and GTIDs are always
 * on. What the server holds is `gtid_current_pos`: the last GTID of each domain, applied or written here.
 */
export const variables: VariableNames = {
  ...mysql,
  snapshot: {
    ...mysql.snapshot,
    serverUuid: "''",
    superReadOnly: '0',
    gtidMode: "'ON'",
    gtidExecuted: '@@GLOBAL.gtid_current_pos',
    gtidPurged: "''",
    logReplicaUpdates: '@@GLOBAL.log_slave_updates',
  },
  optional: { server_uid: 'serverUuid' },
  semisync: [mariadbNames],
};
