/** Options of a server program, named as on its command line without `--`; `true` is an option without a value. */
export type ServerOptions = Readonly<Record<string, string | number | true>>;

/** Small, so that many servers fit on one machine. */
const small: ServerOptions = {
  'innodb-buffer-pool-size': '32M',
  'innodb-log-buffer-size': '4M',
  'innodb-read-io-threads': 1,
  'innodb-write-io-threads': 1,
  'innodb-purge-threads': 1,
  // Kernel AIO contexts are a limited resource (fs.aio-max-nr), and giving them back delays the end of a killed process.
  'innodb-use-native-aio': 'OFF',
  'key-buffer-size': '64K',
  'max-connections': 200,
  'table-open-cache': 400,
  'table-definition-cache': 400,
  'skip-name-resolve': true,
};

/** performance_schema stays on (replication tables are read from it), without the 140 MB of its usual statistics. */
const smallPerformanceSchema: ServerOptions = {
  'performance-schema-digests-size': 200,
  'performance-schema-max-digest-length': 256,
  'performance-schema-accounts-size': 10,
  'performance-schema-hosts-size': 10,
  'performance-schema-users-size': 10,
};

/** How every server of a flavor runs unless told otherwise: GTIDs on, row format, replicas log what they apply. */
export const defaultOptions: Readonly<Record<'mysql' | 'mariadb', ServerOptions>> = {
  mysql: {
    ...small,
    ...smallPerformanceSchema,
    'performance-schema-error-size': 100,
    'performance-schema-max-thread-instances': 250,
    'innodb-redo-log-capacity': '32M',
    'gtid-mode': 'ON',
    'enforce-gtid-consistency': 'ON',
    'log-bin': 'binlog',
    'relay-log': 'relay',
    'log-replica-updates': 'ON',
    'secure-file-priv': '',
    mysqlx: 'OFF',
  },
  mariadb: {
    ...small,
    ...smallPerformanceSchema,
    'innodb-log-file-size': '32M',
    'performance-schema': 'ON',
    'gtid-strict-mode': 'ON',
    'log-bin': 'binlog',
    'relay-log': 'relay',
    'log-slave-updates': 'ON',
    'binlog-format': 'ROW',
    'secure-file-priv': '',
  },
};

/** Later options win; `innodb_x` and `innodb-x` are the same option. */
export function mergeOptions(...all: readonly ServerOptions[]): ServerOptions {
  const merged: Record<string, string | number | true> = {};
  for (const options of all) {
    for (const [name, value] of Object.entries(options)) merged[name.replaceAll('_', '-')] = value;
  }
  return merged;
}

export function optionArgs(options: ServerOptions): string[] {
  return Object.entries(options).map(([name, value]) =>
    value === true ? `--${name}` : `--${name}=${value}`,
  );
}
