import type { DialectFeatures } from '../dialect.js';

/** CHANGE MASTER TO, MySQL 5.7 manual, section 13.4.2.1. */
export const features: DialectFeatures = {
  changeOptions: {
    host: 'MASTER_HOST',
    port: 'MASTER_PORT',
    user: 'MASTER_USER',
    password: 'MASTER_PASSWORD',
    autoPosition: 'MASTER_AUTO_POSITION',
    ssl: 'MASTER_SSL',
    getSourcePublicKey: null,
    heartbeatPeriodS: 'MASTER_HEARTBEAT_PERIOD',
    connectRetryS: 'MASTER_CONNECT_RETRY',
    retryCount: 'MASTER_RETRY_COUNT',
  },
  autoPositionOn: '1',
  changeWhileApplying: true,
  closesPrivileged: true,
  clone: false,
};
