import type { DialectFeatures } from '../dialect.js';
import { features as mysql } from '../mysql-5.7/features.js';

/** CHANGE MASTER TO, MariaDB Knowledge Base: needs both threads stopped, counts retries per server, not per channel. */
export const features: DialectFeatures = {
  changeOptions: { ...mysql.changeOptions, autoPosition: 'MASTER_USE_GTID', retryCount: null },
  autoPositionOn: 'slave_pos',
  changeWhileApplying: false,
  closesPrivileged: false,
  clone: false,
};
