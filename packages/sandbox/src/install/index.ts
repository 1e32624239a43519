export { cacheFolder } from './cache-folder.js';
export { installServers, serverNames, type InstallOptions, type ServerName } from './install-servers.js';
export { locateMysql } from './locate-mysql.js';
export { locateMariadb } from './locate-mariadb.js';
export { locateZooKeeper, type ZooKeeperInstallation } from './locate-zookeeper.js';
export { locateHaproxy } from './locate-haproxy.js';
export type { DatabaseInstallation, ServerProgram } from './server-program.js';
export type { Progress } from './progress.js';
