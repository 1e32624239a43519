import { randomInt, randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { createConnection, type Connection, type ConnectionOptions } from 'mysql2';
import { BinlogError } from '../events/errors.js';
import { EVENT_HEADER_LENGTH } from '../events/event-header.js';
import { EventFlag, EventType } from '../events/event-type.js';
import { parseEvent } from '../events/parse-event.js';
import type { RawEvent } from '../events/raw-event.js';
import type { BinlogPosition } from '../rows/model.js';
import { EventFramer } from './event-framer.js';
import { PacketQueue } from './packet-queue.js';
import type { EventBatch, EventSource } from './source.js';

/** A GTID set to start behind: the GTID sets of `./gtid` fit. */
export interface StartGtids {
  /** MySQL: the set as COM_BINLOG_DUMP_GTID takes it. */
  encode(): Buffer;
  /** MariaDB: the position as `@slave_connect_state` takes it. */
  toString(): string;
}

/** Which server to read from, and where to start. */
export interface ServerSourceOptions {
  /** As for mysql2: host, port or socketPath, user (with REPLICATION SLAVE), password, ssl, ... */
  readonly connection: ConnectionOptions;
  /** Leave out these transactions and send all others that the server still has. */
  readonly gtids?: StartGtids;
  /** Start at this position. Without it, and without {@link gtids}, at the oldest file. */
  readonly from?: BinlogPosition;
  /** Number as a replica; no two replicas of a server may have the same. Default: random, at least 2^31. */
  readonly serverId?: number;
  /** End when everything there is was sent, instead of waiting for more. Default false. */
  readonly stopAtEnd?: boolean;
  /** How often the server reports when it has nothing to send. Default 1000 ms. */
  readonly heartbeatMs?: number;
  /** Give up when nothing at all arrives for this long. Default 10000 ms, at least three heartbeats. */
  readonly silenceTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
  /** Verify checksums where the server sends them. Default true. */
  readonly verifyChecksums?: boolean;
  readonly signal?: AbortSignal;
}

/** The server refused, closed the connection, or fell silent. `code` is MySQL's name or Node's, where there is one. */
export class BinlogStreamError extends Error {
  constructor(
    message: string,
    readonly code: string | undefined,
    /** Behind the last event that arrived: where to go on. */
    readonly position: BinlogPosition | undefined,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'BinlogStreamError';
  }
}

/**
 * Events as a server sends them to a replica, its own heartbeats and artificial ROTATE and format description events
 * included. Positions are those of the server's files.
 */
export function serverSource(options: ServerSourceOptions): EventSource {
  return { batches: () => dump(options) };
}

const DUMP = 0x12;
const DUMP_GTID = 0x1e;
/** Flags of both commands. */
const NON_BLOCKING = 0x01;
/** MySQL sends heartbeats that can tell positions beyond 4 GB; to MariaDB the same bit means "send ANNOTATE_ROWS". */
const HEARTBEAT_V2_OR_ANNOTATE = 0x02;
const THROUGH_GTID = 0x04;

async function* dump(options: ServerSourceOptions): AsyncIterableIterator<EventBatch> {
  const { heartbeatMs = 1000, verifyChecksums = true, signal } = options;
  const silenceTimeoutMs = Math.max(options.silenceTimeoutMs ?? 10_000, 3 * heartbeatMs);
  signal?.throwIfAborted();
  const connection = createConnection({
    connectTimeout: options.connectTimeoutMs ?? 10_000,
    ...options.connection,
  });
  const tracker = new PositionTracker(options.from);
  const queue = new PacketQueue(connection, silenceTimeoutMs, signal, (message, code, cause) => {
    const from = tracker.known ? `; it had sent everything up to ${tracker.file}:${tracker.position}` : '';
    const at = tracker.known ? { file: tracker.file, position: tracker.position } : undefined;
    return new BinlogStreamError(`reading the binlog from the server: ${message}${from}`, code, at, {
      cause,
    });
  });
  try {
    const packet = await requestDump(connection, queue, options, heartbeatMs);
    queue.start(packet);
    const framer = new EventFramer(verifyChecksums);
    for (;;) {
      const packets = await queue.next();
      if (packets === undefined) break;
      let events: RawEvent[] = [];
      for (const bytes of packets) {
        const left = tracker.leaves(bytes);
        if (left !== undefined) {
          if (events.length > 0) yield { events };
          events = [];
          yield { events: [], fileEnd: { ...left, cutBytes: 0 } };
        }
        events.push(tracker.frame(framer, bytes));
      }
      if (events.length > 0) yield { events };
    }
    yield { events: [], fileEnd: { file: tracker.file, position: tracker.position, cutBytes: 0 } };
  } finally {
    queue.close();
  }
}

/** Sets the session up as a replica does; returns the packet (with room for its header) that starts the dump. */
async function requestDump(
  connection: Connection,
  queue: PacketQueue,
  options: ServerSourceOptions,
  heartbeatMs: number,
): Promise<Buffer> {
  const query = (sql: string) => queue.query(connection, sql);
  const [about] = await query('SELECT @@version AS version, @@global.binlog_checksum AS checksum');
  const mariadb = /mariadb/i.test(String(about?.['version']));
  const checksum = String(about?.['checksum']);
  const period = Math.round(heartbeatMs) * 1_000_000;
  await query(`SET @master_heartbeat_period = ${period}, @source_heartbeat_period = ${period}`);
  await query(`SET @master_binlog_checksum = '${checksum}', @source_binlog_checksum = '${checksum}'`);
  const uuid = randomUUID();
  await query(`SET @slave_uuid = '${uuid}', @replica_uuid = '${uuid}'`);
  const serverId = options.serverId ?? randomInt(2 ** 31, 2 ** 32);
  const flags = HEARTBEAT_V2_OR_ANNOTATE | (options.stopAtEnd ? NON_BLOCKING : 0);

  if (options.gtids !== undefined && !mariadb) {
    return dumpGtidPacket(flags | THROUGH_GTID, serverId, options.gtids.encode());
  }
  if (mariadb) await query('SET @mariadb_slave_capability = 4');
  if (options.gtids !== undefined) {
    const state = options.gtids.toString();
    if (!/^[\d,-]*$/.test(state)) throw new TypeError(`a MariaDB GTID position expected, not ${state}`);
    await query(`SET @slave_connect_state = '${state}', @slave_gtid_strict_mode = 0`);
    return dumpPacket(flags, serverId, { file: '', position: 4 });
  }
  let from = options.from;
  if (from === undefined) {
    const [oldest] = await query('SHOW BINARY LOGS');
    from = { file: String(oldest?.['Log_name'] ?? ''), position: 4 };
  }
  if (from.position > 0xffff_ffff) {
    throw new BinlogError(
      'the protocol cannot start beyond 4 GiB: start by GTID or at the start of the file',
      from,
    );
  }
  return dumpPacket(flags, serverId, from);
}

function dumpPacket(flags: number, serverId: number, from: BinlogPosition): Buffer {
  const name = Buffer.from(from.file, 'utf8');
  const packet = Buffer.alloc(4 + 11 + name.length);
  packet[4] = DUMP;
  packet.writeUInt32LE(from.position, 5);
  packet.writeUInt16LE(flags, 9);
  packet.writeUInt32LE(serverId, 11);
  name.copy(packet, 15);
  return packet;
}

function dumpGtidPacket(flags: number, serverId: number, gtids: Buffer): Buffer {
  const packet = Buffer.alloc(4 + 23 + gtids.length);
  packet[4] = DUMP_GTID;
  packet.writeUInt16LE(flags, 5);
  packet.writeUInt32LE(serverId, 7);
  packet.writeUInt32LE(0, 11); // no file name: the server looks for the file
  packet.writeBigUInt64LE(4n, 15);
  packet.writeUInt32LE(gtids.length, 23);
  gtids.copy(packet, 27);
  return packet;
}

/** Knows in which file, and where in it, the next event is. */
class PositionTracker {
  file: string;
  position: number;
  known = false;

  constructor(from: BinlogPosition | undefined) {
    this.file = from?.file ?? '';
    this.position = from?.position ?? 0;
  }

  /** Where the current file ended, when this packet is the announcement of another. */
  leaves(packet: Buffer): BinlogPosition | undefined {
    if (!this.known || packet[4] !== EventType.Rotate || !isArtificial(packet)) return undefined;
    const name = packet.toString('utf8', EVENT_HEADER_LENGTH + 8, packet.length);
    // The checksum, if there is one, is part of `name` here.
    return name.startsWith(this.file) && name.length - this.file.length <= 4
      ? undefined
      : { file: this.file, position: this.position };
  }

  frame(framer: EventFramer, packet: Buffer): RawEvent {
    const artificial = isArtificial(packet);
    const type = packet[4] as number;
    const logPos = packet.readUInt32LE(13);
    const length = packet.length;
    if (!artificial && logPos !== 0 && type !== EventType.Heartbeat && type !== EventType.HeartbeatV2) {
      // Only the lower 32 bits of the end are sent: files of more than 4 GiB are counted on.
      const expected = this.position + length;
      if (logPos !== expected % 0x1_0000_0000) this.position = logPos - length;
    }
    if (type === EventType.Rotate && !framer.described && !artificial) framer.reset();
    const event =
      type === EventType.Rotate && !framer.described
        ? rotateBeforeDescription(framer, packet, this.file, this.position)
        : framer.frame(packet, 0, this.file, this.position);
    if (type === EventType.Rotate && artificial) {
      const rotate = parseEvent(event);
      if (rotate.kind === 'rotate') {
        this.file = rotate.nextFile;
        this.position = rotate.nextPosition;
        this.known = true;
      }
    } else if (!artificial && type !== EventType.Heartbeat && type !== EventType.HeartbeatV2) {
      this.position += length;
    }
    return event;
  }
}

/** Made up by the server for this connection: takes no room in the file. */
function isArtificial(packet: Buffer): boolean {
  if (packet.length < EVENT_HEADER_LENGTH) return true;
  const flags = packet.readUInt16LE(17);
  const type = packet[4];
  return (
    (flags & EventFlag.Artificial) !== 0 ||
    (packet.readUInt32LE(13) === 0 && (type === EventType.Rotate || type === EventType.FormatDescription))
  );
}

/** The first ROTATE comes before the format is known: whether a checksum ends it can only be tried. */
function rotateBeforeDescription(
  framer: EventFramer,
  packet: Buffer,
  file: string,
  position: number,
): RawEvent {
  const end = packet.length - 4;
  const hasChecksum =
    end > EVENT_HEADER_LENGTH + 8 && crc32(packet.subarray(0, end)) === packet.readUInt32LE(end);
  if (!hasChecksum) return framer.frame(packet, 0, file, position);
  const bare = Buffer.from(packet.subarray(0, end));
  bare.writeUInt32LE(end, 9);
  return framer.frame(bare, 0, file, position);
}
