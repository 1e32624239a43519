/** How to run one server program of an installation. */
export interface ServerProgram {
  /** What to execute; for the private copy of MySQL this is that copy's own dynamic loader. */
  readonly file: string;
  /** Arguments before the server's own. */
  readonly prefixArgs: readonly string[];
}

/** A MySQL or MariaDB installation. */
export interface DatabaseInstallation {
  readonly flavor: 'mysql' | 'mariadb';
  /** `9.7.4` */
  readonly version: string;
  /** Where it was found, in words for a person. */
  readonly origin: string;
  readonly server: ServerProgram;
  /** Options that belong to where it is installed (`--basedir=...`). */
  readonly locationArgs: readonly string[];
  /** Runs another program of the same installation (`mysqlbinlog`, `mysqldump`, `mysqlrouter`). */
  program(name: string): ServerProgram;
}
