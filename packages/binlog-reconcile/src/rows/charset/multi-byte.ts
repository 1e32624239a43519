import { inflateRawSync } from 'node:zlib';
import type { DecodeText } from './decode-text-type.js';
import type { PackedTables } from './multi-byte-tables.js';

/** A decoder from tables; they are unpacked when the first text is decoded. */
export function multiByteText(packed: PackedTables): DecodeText {
  let tables: Tables | undefined;
  return (buffer, start, end) => decode((tables ??= unpackAll(packed)), buffer, start, end);
}

interface Tables {
  readonly single: Uint16Array;
  readonly double: Uint16Array;
  readonly triple: Uint16Array | undefined;
  readonly quadruple: Uint16Array | undefined;
}

function unpackAll(packed: PackedTables): Tables {
  return {
    single: unpack(packed.single),
    double: unpack(packed.double),
    triple: packed.triple === undefined ? undefined : unpack(packed.triple),
    quadruple: packed.quadruple === undefined ? undefined : unpack(packed.quadruple),
  };
}

function unpack(base64: string): Uint16Array {
  const deltas = inflateRawSync(Buffer.from(base64, 'base64'));
  const points = new Uint16Array(deltas.length / 2);
  let point = 0;
  for (let i = 0; i < points.length; i++) {
    point = (point + deltas.readUInt16LE(i * 2)) & 0xffff;
    points[i] = point;
  }
  return points;
}

function decode(tables: Tables, buffer: Buffer, start: number, end: number): string | undefined {
  let text = '';
  let at = start;
  const byte = (ahead: number) => (at + ahead < end ? (buffer[at + ahead] as number) : 0);
  while (at < end) {
    const lead = byte(0);
    if (lead < 0x80) {
      text += String.fromCharCode(lead);
      at += 1;
      continue;
    }
    let point = tables.single[lead - 0x80] as number;
    let length = 1;
    if (point === 0 && lead === 0x8f && tables.triple !== undefined) {
      if (byte(1) >= 0xa1 && byte(1) < 0xff && byte(2) >= 0xa1 && byte(2) < 0xff) {
        point = tables.triple[(byte(1) - 0xa1) * 94 + byte(2) - 0xa1] as number;
        length = 3;
      }
    } else if (
      point === 0 &&
      tables.quadruple !== undefined &&
      byte(1) >= 0x30 &&
      byte(1) <= 0x39 &&
      byte(3) !== 0
    ) {
      point = quadruple(tables.quadruple, lead, byte(1), byte(2), byte(3));
      length = 4;
    } else if (point === 0 && at + 1 < end) {
      point = tables.double[((lead - 0x80) << 8) | byte(1)] as number;
      length = 2;
    }
    if (point === 0) return undefined;
    text += String.fromCodePoint(point);
    at += length;
  }
  return text;
}

/** GB 18030: the table up to U+FFFF; from 90 30 81 30 on code points run in sequence from U+10000. */
function quadruple(table: Uint16Array, a: number, b: number, c: number, d: number): number {
  if (c < 0x81 || c > 0xfe || d < 0x30 || d > 0x39) return 0;
  const linear = (((a - 0x81) * 10 + b - 0x30) * 126 + c - 0x81) * 10 + d - 0x30;
  if (a <= 0x84) return table[linear] as number;
  const point = 0x10000 + linear - (0x90 - 0x81) * 12600;
  return a >= 0x90 && point <= 0x10ffff ? point : 0;
}
