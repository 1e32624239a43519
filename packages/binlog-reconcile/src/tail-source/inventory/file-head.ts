import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { BinlogError } from '../../events/errors.js';
import { EventType } from '../../events/event-type.js';
import type { FormatDescription } from '../../events/format-description.js';
import { GtidSet } from '../../gtid/gtid-set.js';
import { MariadbGtidSet } from '../../gtid/mariadb-gtid-set.js';
import { checkMagic, EventFramer, MAGIC } from '../../reading/event-framer.js';

/** What a file says at its beginning. */
export interface FileHead {
  readonly path: string;
  /** Base name. */
  readonly file: string;
  readonly format: FormatDescription;
  /** `server_id` of the server that wrote the file. */
  readonly serverId: number;
  /** The format description event, as it is in the file. */
  readonly description: Buffer;
  /** Behind the format description. */
  readonly descriptionEnd: number;
  /** GTIDs of all files before this one; `null` where the file does not say (GTIDs were never on). */
  readonly previous: GtidSet | MariadbGtidSet | null;
  /** Behind the event that says so. */
  readonly end: number;
}

/** The first read; enough for the head of nearly every file. */
const HEAD_BYTES = 16_384;
/** A set of GTIDs larger than this is damage. */
const HEAD_BYTES_MAX = 1 << 28;

/**
 * Reads the head of a binlog file.
 *
 * @returns `null` when the file ends inside its head: its server died while it made the file
 * @throws EncryptedBinlogError, NotABinlogError, BinlogCorruptError
 */
export async function readFileHead(path: string): Promise<FileHead | null> {
  const handle = await open(path, 'r');
  try {
    for (let bytes = HEAD_BYTES; ; bytes *= 8) {
      const { size } = await handle.stat();
      const buffer = Buffer.allocUnsafeSlow(Math.min(bytes, size));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
      const found = parseHead(path, buffer.subarray(0, bytesRead), bytesRead >= size);
      if (found !== 'more') return found;
      if (bytesRead >= size) return null;
      if (bytes > HEAD_BYTES_MAX) {
        throw new BinlogError('the set of GTIDs at its beginning is absurdly large', {
          file: basename(path),
          position: MAGIC.length,
        });
      }
    }
  } finally {
    await handle.close();
  }
}

function parseHead(path: string, buffer: Buffer, whole: boolean): FileHead | 'more' | null {
  const file = basename(path);
  if (buffer.length < MAGIC.length) return null;
  checkMagic(buffer.subarray(0, MAGIC.length), file);
  const framer = new EventFramer(true);
  let at = MAGIC.length;
  let head: Omit<FileHead, 'previous' | 'end'> | undefined;
  for (;;) {
    const length = framer.lengthAt(buffer, at, buffer.length);
    // A file system may leave zeros behind what was written before a crash.
    if (length === undefined || (whole && length === 0)) return 'more';
    if (head !== undefined && !headTypes.has(buffer[at + 4] as number)) {
      return { ...head, previous: null, end: at };
    }
    if (length > buffer.length - at) return 'more';
    const event = framer.frame(buffer, at, file, at);
    at += length;
    if (event.type === EventType.FormatDescription) {
      head = {
        path,
        file,
        format: event.format,
        serverId: event.serverId,
        description: Buffer.from(event.bytes),
        descriptionEnd: at,
      };
    } else if (head !== undefined && event.type === EventType.PreviousGtids) {
      return { ...head, previous: GtidSet.decode(event.body), end: at };
    } else if (head !== undefined && event.type === EventType.MariaGtidList) {
      return { ...head, previous: MariadbGtidSet.decode(event.body), end: at };
    }
  }
}

/** What may come before a transaction; START_ENCRYPTION is refused by the framer. */
const headTypes: ReadonlySet<number> = new Set([
  EventType.FormatDescription,
  EventType.PreviousGtids,
  EventType.MariaGtidList,
  EventType.MariaStartEncryption,
]);
