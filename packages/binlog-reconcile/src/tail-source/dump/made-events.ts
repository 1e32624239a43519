import { crc32 } from 'node:zlib';
import { EVENT_HEADER_LENGTH } from '../../events/event-header.js';
import { EventFlag, EventType } from '../../events/event-type.js';

/** Fields of a made event's header. */
interface MadeHeader {
  readonly type: number;
  readonly serverId: number;
  readonly logPos: number;
  readonly flags: number;
}

function makeEvent({ type, serverId, logPos, flags }: MadeHeader, body: Buffer, checksum: boolean): Buffer {
  const length = EVENT_HEADER_LENGTH + body.length + (checksum ? 4 : 0);
  const event = Buffer.alloc(length);
  event[4] = type;
  event.writeUInt32LE(serverId, 5);
  event.writeUInt32LE(length, 9);
  event.writeUInt32LE(logPos, 13);
  event.writeUInt16LE(flags, 17);
  body.copy(event, EVENT_HEADER_LENGTH);
  if (checksum) event.writeUInt32LE(crc32(event.subarray(0, length - 4)), length - 4);
  return event;
}

/** The ROTATE that is in no file and tells a replica the file and position of what follows. */
export function artificialRotate(
  serverId: number,
  file: string,
  position: number,
  checksum: boolean,
): Buffer {
  const body = Buffer.alloc(8 + Buffer.byteLength(file));
  body.writeBigUInt64LE(BigInt(position), 0);
  body.write(file, 8);
  return makeEvent(
    { type: EventType.Rotate, serverId, logPos: 0, flags: EventFlag.Artificial },
    body,
    checksum,
  );
}

/** "Nothing new; I am here", in the form of before MySQL 8.0.26 and of MariaDB. */
export function heartbeat(serverId: number, file: string, position: number, checksum: boolean): Buffer {
  return makeEvent(
    { type: EventType.Heartbeat, serverId, logPos: position % 2 ** 32, flags: 0 },
    Buffer.from(file),
    checksum,
  );
}

/** The newer form, of typed fields: 1 file, 2 position, 0 end. */
export function heartbeatV2(serverId: number, file: string, position: number, checksum: boolean): Buffer {
  const name = Buffer.from(file);
  const number = Buffer.alloc(9);
  number[0] = 0xfe;
  number.writeBigUInt64LE(BigInt(position), 1);
  const nameLength = name.length < 0xfb ? [name.length] : [0xfc, name.length & 0xff, name.length >>> 8];
  const body = Buffer.concat([
    Buffer.from([1, ...nameLength]),
    name,
    Buffer.from([2, number.length]),
    number,
    Buffer.from([0]),
  ]);
  return makeEvent({ type: EventType.HeartbeatV2, serverId, logPos: 0, flags: 0 }, body, checksum);
}

/**
 * A file's format description as a replica must get it: of a closed file, and with the checksum algorithm in which the
 * events are sent.
 */
export function describedAs(description: Buffer, knowsChecksums: boolean, checksum: boolean): Buffer {
  const event = Buffer.from(description);
  event.writeUInt16LE(event.readUInt16LE(17) & ~EventFlag.BinlogInUse, 17);
  if (!knowsChecksums) return event;
  // Algorithm (1) and checksum (4) end it, whatever the algorithm.
  event[event.length - 5] = checksum ? 1 : 0;
  event.writeUInt32LE(crc32(event.subarray(0, event.length - 4)), event.length - 4);
  return event;
}

/** The same, for a replica that begins in the middle: the file's server did not start here. */
export function describedInTheMiddle(description: Buffer, knowsChecksums: boolean): Buffer {
  const event = Buffer.from(description);
  event.writeUInt32LE(0, 13);
  event.writeUInt32LE(0, EVENT_HEADER_LENGTH + 2 + 50);
  if (knowsChecksums) event.writeUInt32LE(crc32(event.subarray(0, event.length - 4)), event.length - 4);
  return event;
}
