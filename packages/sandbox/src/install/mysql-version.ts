export interface MysqlVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** `9.7.4` */
  readonly text: string;
}

/** Reads the version out of `mysqld --version`; `undefined` for MariaDB and for what is neither. */
export function parseMysqlVersion(output: string): MysqlVersion | undefined {
  if (/mariadb/i.test(output)) return undefined;
  const match = /\bVer (\d+)\.(\d+)\.(\d+)/.exec(output);
  if (!match) return undefined;
  const [major, minor, patch] = match.slice(1).map(Number) as [number, number, number];
  return { major, minor, patch, text: `${major}.${minor}.${patch}` };
}

/** Reads the version out of `mariadbd --version`; `undefined` for what is not MariaDB. */
export function parseMariadbVersion(output: string): string | undefined {
  return /\bVer (\d+\.\d+\.\d+)-MariaDB/i.exec(output)?.[1];
}

/** The sandbox speaks 8.4's words: `--initialize-insecure`, `super_read_only`, semisync_source, ... */
export function isSupportedMysql(version: MysqlVersion): boolean {
  return version.major > 8 || (version.major === 8 && version.minor >= 4);
}
