export interface Account {
  readonly user: string;
  readonly password: string;
}

/** The accounts that every database server of a sandbox has, from any host. */
export const accounts = {
  /** All privileges, with grant option: what dcmha itself and tests use. */
  admin: { user: 'dcmha', password: 'dcmha-secret' },
  /** Replication only. */
  replication: { user: 'repl', password: 'repl-secret' },
  /** An application: everything in the database `app`, nothing else, closed out by `super_read_only` and `read_only`. */
  app: { user: 'app', password: 'app-secret' },
} as const satisfies Record<string, Account>;

/** The database of the application account, empty. */
export const appDatabase = 'app';

/** Statements that make them, one a line, the same words on MySQL and MariaDB. */
export function accountStatements(): string[] {
  const { admin, replication, app } = accounts;
  const create = ({ user, password }: Account): string =>
    `CREATE USER '${user}'@'%' IDENTIFIED BY '${password}';`;
  return [
    `CREATE DATABASE ${appDatabase};`,
    create(admin),
    `GRANT ALL PRIVILEGES ON *.* TO '${admin.user}'@'%' WITH GRANT OPTION;`,
    create(replication),
    `GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO '${replication.user}'@'%';`,
    create(app),
    `GRANT ALL PRIVILEGES ON ${appDatabase}.* TO '${app.user}'@'%';`,
  ];
}
