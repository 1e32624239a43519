import { DecodeError } from './decode-error.js';
import { EVENT_HEADER_LENGTH } from './event-header.js';

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
  /** Whether the server is new enough (5.6.1, MariaDB 5.3) to know checksums: then this event itself has one. */
  readonly knowsChecksums: boolean;
}

/** What is assumed before a file's own description was read: just enough to read it. */
export const FORMAT_BEFORE_DESCRIPTION: FormatDescription = {
  binlogVersion: 4,
  serverVersion: '',
  flavor: 'mysql',
  createdAt: 0,
  headerLength: EVENT_HEADER_LENGTH,
  postHeaderLengths: new Uint8Array(0),
  checksum: 'none',
  knowsChecksums: false,
};

const FIXED_LENGTH = 2 + 50 + 4 + 1;

/**
 * Reads the format description at `start` of `buffer`, `length` bytes with header and checksum.
 *
 * Layout: version (2), server version (50), created (4), header length (1), post-header length of each type, and, from
 * servers that know checksums, the algorithm (1) and a checksum (4) that is there even when the algorithm is "none".
 * @throws DecodeError
 */
export function parseFormatDescription(buffer: Buffer, start: number, length: number): FormatDescription {
  const body = start + EVENT_HEADER_LENGTH;
  const end = start + length;
  if (end > buffer.length || end - body < FIXED_LENGTH) {
    throw new DecodeError(`a format description of ${length} bytes is too short`);
  }
  const binlogVersion = buffer.readUInt16LE(body);
  if (binlogVersion !== 4) {
    throw new DecodeError(`binlog format version 4 (MySQL 5.0 and newer) expected, found ${binlogVersion}`);
  }
  const versionField = buffer.subarray(body + 2, body + 52);
  const nul = versionField.indexOf(0);
  const serverVersion = versionField.toString('latin1', 0, nul === -1 ? 50 : nul);
  const headerLength = buffer[body + 56] as number;
  if (headerLength !== EVENT_HEADER_LENGTH) {
    throw new DecodeError(`event headers of ${EVENT_HEADER_LENGTH} bytes expected, found ${headerLength}`);
  }
  const knowsChecksums = serverKnowsChecksums(serverVersion);
  const lengthsEnd = knowsChecksums ? end - 5 : end;
  if (lengthsEnd < body + FIXED_LENGTH)
    throw new DecodeError('a format description without checksum algorithm');
  const algorithm = knowsChecksums ? (buffer[end - 5] as number) : 0;
  if (algorithm > 1) {
    throw new DecodeError(`checksum algorithm 0 (none) or 1 (CRC32) expected, found ${algorithm}`);
  }
  return {
    binlogVersion,
    serverVersion,
    flavor: /mariadb/i.test(serverVersion) ? 'mariadb' : 'mysql',
    createdAt: buffer.readUInt32LE(body + 52),
    headerLength,
    postHeaderLengths: Uint8Array.prototype.slice.call(buffer, body + FIXED_LENGTH, lengthsEnd),
    checksum: algorithm === 1 ? 'crc32' : 'none',
    knowsChecksums,
  };
}

function serverKnowsChecksums(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = /^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? [];
  const number = major * 1_000_000 + minor * 1_000 + patch;
  return /mariadb/i.test(version) ? number >= 5_003_000 : number >= 5_006_001;
}
