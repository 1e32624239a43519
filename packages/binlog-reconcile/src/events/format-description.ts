/** What a file's FORMAT_DESCRIPTION event says about all that follows it. */
export interface FormatDescription {
  /** 4 since MySQL 5.0. */
  readonly binlogVersion: number;
  /** As the server wrote it, e.g. `9.7.4` or `10.11.19-MariaDB-log`. */
  readonly serverVersion: string;
  readonly flavor: 'mysql' | 'mariadb';
  /** Seconds since 1970; 0 unless the server started with this file. */
  readonly createdAt: number;
  /** Bytes of every event's header: 19. */
  readonly headerLength: number;
  /** Bytes of each type's fixed part; index is type - 1. */
  readonly postHeaderLengths: Uint8Array;
  /** What follows every event's body. */
  readonly checksum: 'none' | 'crc32';
}
