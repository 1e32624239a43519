import type { SqlError } from './sql-error.js';

/** Header of a packet: length (3 bytes), sequence number (1). */
export const PACKET_HEADER_BYTES = 4;
/** Longest payload of one packet; what is longer, or exactly so long, goes on in the next one. */
export const PACKET_PAYLOAD_MAX = 0xff_ffff;

const STATUS_AUTOCOMMIT = 2;
const COLUMN_TYPE_VAR_STRING = 253;
const CHARSET_UTF8MB4 = 255;

/** `payload` as packets that begin with sequence number `sequence`. */
export function framed(payload: Buffer, sequence: number): { readonly bytes: Buffer; readonly next: number } {
  const parts: Buffer[] = [];
  let next = sequence;
  for (let at = 0; ; at += PACKET_PAYLOAD_MAX) {
    const part = payload.subarray(at, at + PACKET_PAYLOAD_MAX);
    const header = Buffer.alloc(PACKET_HEADER_BYTES);
    header.writeUIntLE(part.length, 0, 3);
    header[3] = next;
    next = (next + 1) & 0xff;
    parts.push(header, part);
    if (part.length < PACKET_PAYLOAD_MAX) break;
  }
  return { bytes: Buffer.concat(parts), next };
}

export function okPayload(): Buffer {
  return Buffer.from([0x00, 0, 0, STATUS_AUTOCOMMIT, 0, 0, 0]);
}

export function eofPayload(): Buffer {
  return Buffer.from([0xfe, 0, 0, STATUS_AUTOCOMMIT, 0]);
}

export function errPayload({ code, state, message }: SqlError): Buffer {
  const head = Buffer.alloc(3);
  head[0] = 0xff;
  head.writeUInt16LE(code, 1);
  return Buffer.concat([head, Buffer.from(`#${state}${message}`)]);
}

/** The payloads of a result set in the text protocol. */
export function resultPayloads(
  columns: readonly string[],
  rows: readonly (readonly (string | null)[])[],
): Buffer[] {
  return [
    Buffer.from([columns.length]),
    ...columns.map(columnPayload),
    eofPayload(),
    ...rows.map((row) =>
      Buffer.concat(row.map((value) => (value === null ? Buffer.from([0xfb]) : lengthEncodedText(value)))),
    ),
    eofPayload(),
  ];
}

function columnPayload(name: string): Buffer {
  const fixed = Buffer.alloc(13);
  fixed[0] = 0x0c;
  fixed.writeUInt16LE(CHARSET_UTF8MB4, 1);
  fixed.writeUInt32LE(1024, 3);
  fixed[7] = COLUMN_TYPE_VAR_STRING;
  const empty = lengthEncodedText('');
  return Buffer.concat([
    lengthEncodedText('def'),
    empty,
    empty,
    empty,
    lengthEncodedText(name),
    empty,
    fixed,
  ]);
}

function lengthEncodedText(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length < 0xfb) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const length = Buffer.alloc(bytes.length <= 0xffff ? 3 : 4);
  length[0] = bytes.length <= 0xffff ? 0xfc : 0xfd;
  length.writeUIntLE(bytes.length, 1, length.length - 1);
  return Buffer.concat([length, bytes]);
}
