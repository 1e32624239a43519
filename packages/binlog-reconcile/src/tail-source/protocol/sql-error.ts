/** An ERR packet: what the other side is told. */
export class SqlError extends Error {
  constructor(
    /** MySQL's error number. */
    readonly code: number,
    /** Five characters. */
    readonly state: string,
    message: string,
  ) {
    super(message);
    this.name = 'SqlError';
  }
}

/** Error numbers of MySQL's `messages_to_clients.txt` (`mysqld_error.h`). */
export const sqlErrors = {
  handshake: (message: string) => new SqlError(1043, '08S01', message),
  accessDenied: (user: string, host: string) =>
    new SqlError(
      1045,
      '28000',
      `Access denied for user '${user}'@'${host}': this is the tail source of a dead server, which has one account, made for the operation that started it`,
    ),
  unknownCommand: (command: number) =>
    new SqlError(1047, '08S01', `command ${command} is not answered by the tail source of a dead server`),
  tooManyConnections: (limit: number) =>
    new SqlError(1040, '08004', `Too many connections: the tail source takes ${limit}`),
  packetTooLarge: (limit: number) =>
    new SqlError(1153, '08S01', `Got a packet bigger than the ${limit} bytes that the tail source takes`),
  secureTransportRequired: () =>
    new SqlError(
      3159,
      'HY000',
      'Connections using insecure transport are prohibited: set SOURCE_SSL=1 on the replica, or allow plain connections at the tail source',
    ),
  unknownVariable: (name: string) => new SqlError(1193, 'HY000', `Unknown system variable '${name}'`),
  notAnswered: (sql: string) =>
    new SqlError(
      1064,
      '42000',
      `this is the tail source of a dead server, which answers a replica's questions only, not: ${sql.slice(0, 200)}`,
    ),
  /** ER_SOURCE_FATAL_ERROR_READING_BINLOG: a receiver that gets it stops, and shows it. */
  fatalReading: (message: string) => new SqlError(1236, 'HY000', message),
} as const;
