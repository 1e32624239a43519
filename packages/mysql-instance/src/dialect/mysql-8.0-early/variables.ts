import type { VariableNames } from '../dialect.js';
import { variables as newer } from '../mysql-8.0/variables.js';
import { masterSlaveNames } from '../semisync-names.js';

/** `log_replica_updates` and the semi-sync source and replica names came with 8.0.26. */
export const variables: VariableNames = {
  ...newer,
  snapshot: { ...newer.snapshot, logReplicaUpdates: '@@GLOBAL.log_slave_updates' },
  semisync: [masterSlaveNames],
};
