import type { Dialect } from './dialect.js';
import { mariadb } from './mariadb/index.js';
import { mysql57 } from './mysql-5.7/index.js';
import { mysql80Early } from './mysql-8.0-early/index.js';
import { mysql80 } from './mysql-8.0/index.js';
import { mysql84 } from './mysql-8.4/index.js';
import { compareVersion, type ServerVersion } from './version.js';

/** First version of each family, newest first. */
const FAMILIES: Readonly<
  Record<ServerVersion['flavor'], readonly { from: readonly [number, number, number]; dialect: Dialect }[]>
> = {
  mysql: [
    { from: [8, 4, 0], dialect: mysql84 },
    { from: [8, 0, 26], dialect: mysql80 },
    { from: [8, 0, 0], dialect: mysql80Early },
    { from: [5, 7, 8], dialect: mysql57 },
  ],
  mariadb: [{ from: [10, 5, 0], dialect: mariadb }],
};

/** The dialect for a version, or undefined when it is older than any this package speaks (MySQL 5.7.8, MariaDB 10.5). */
export function chooseDialect(version: ServerVersion): Dialect | undefined {
  return FAMILIES[version.flavor].find((family) => compareVersion(version, family.from) >= 0)?.dialect;
}
