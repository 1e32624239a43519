import type { SemisyncNames } from './dialect.js';

/** Plugins `semisync_source` and `semisync_replica`, MySQL 8.0.26 and newer. */
export const sourceReplicaNames: SemisyncNames = {
  generation: 'source-replica',
  sourceEnabled: 'rpl_semi_sync_source_enabled',
  sourceTimeoutMs: 'rpl_semi_sync_source_timeout',
  waitForAckers: 'rpl_semi_sync_source_wait_for_replica_count',
  waitPoint: 'rpl_semi_sync_source_wait_point',
  waitNoReplica: 'rpl_semi_sync_source_wait_no_replica',
  replicaEnabled: 'rpl_semi_sync_replica_enabled',
  statusClients: 'Rpl_semi_sync_source_clients',
  statusSource: 'Rpl_semi_sync_source_status',
  statusReplica: 'Rpl_semi_sync_replica_status',
  statusWaitSessions: 'Rpl_semi_sync_source_wait_sessions',
  install: {
    source: "INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so'",
    replica: "INSTALL PLUGIN rpl_semi_sync_replica SONAME 'semisync_replica.so'",
  },
};

/** Plugins `semisync_master` and `semisync_slave`: MySQL 5.7 and 8.0, still possible on 8.0.26 and newer. */
export const masterSlaveNames: SemisyncNames = {
  generation: 'master-slave',
  sourceEnabled: 'rpl_semi_sync_master_enabled',
  sourceTimeoutMs: 'rpl_semi_sync_master_timeout',
  waitForAckers: 'rpl_semi_sync_master_wait_for_slave_count',
  waitPoint: 'rpl_semi_sync_master_wait_point',
  waitNoReplica: 'rpl_semi_sync_master_wait_no_slave',
  replicaEnabled: 'rpl_semi_sync_slave_enabled',
  statusClients: 'Rpl_semi_sync_master_clients',
  statusSource: 'Rpl_semi_sync_master_status',
  statusReplica: 'Rpl_semi_sync_slave_status',
  statusWaitSessions: 'Rpl_semi_sync_master_wait_sessions',
  install: {
    source: "INSTALL PLUGIN rpl_semi_sync_master SONAME 'semisync_master.so'",
    replica: "INSTALL PLUGIN rpl_semi_sync_slave SONAME 'semisync_slave.so'",
  },
};

/** MariaDB: built in, always one replica to wait for. */
export const mariadbNames: SemisyncNames = { ...masterSlaveNames, waitForAckers: null, install: null };
