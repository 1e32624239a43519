import type { DialectFeatures } from '../dialect.js';

export const features: DialectFeatures = {
  changeOptions: {
    host: 'SOURCE_HOST',
    port: 'SOURCE_PORT',
    user: 'SOURCE_USER',
    password: 'SOURCE_PASSWORD',
    autoPosition: 'SOURCE_AUTO_POSITION',
    ssl: 'SOURCE_SSL',
    getSourcePublicKey: 'GET_SOURCE_PUBLIC_KEY',
    heartbeatPeriodS: 'SOURCE_HEARTBEAT_PERIOD',
    connectRetryS: 'SOURCE_CONNECT_RETRY',
    retryCount: 'SOURCE_RETRY_COUNT',
  },
  autoPositionOn: '1',
  changeWhileApplying: true,
  closesPrivileged: true,
  clone: true,
};
