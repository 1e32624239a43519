import { putByte, putFour, putPadded, putTwo, type TextWriter } from './scratch.js';

const DASH = 0x2d;
const COLON = 0x3a;
const BLANK = 0x20;
const POINT = 0x2e;

/** DATE as `readDate` reads it. */
export const writeDate: TextWriter = (bytes, start, _end, out, at) => {
  const packed = bytes.getUint16(start, true) | (bytes.getUint8(start + 2) << 16);
  const year = packed >> 9;
  if (year > 9999) return -1;
  putDate(out, at, year, (packed >> 5) & 15, packed & 31);
  return at + 10;
};

/** DATETIME since 5.6.4 as `readDateTime2` reads it. */
export function dateTimeWriter(digits: number): TextWriter {
  return (bytes, start, _end, out, at) => {
    const high = (bytes.getUint16(start) << 8) | bytes.getUint8(start + 2);
    const low = bytes.getUint16(start + 3);
    const months = (high >> 6) & 0x1ffff;
    const year = (months / 13) | 0;
    if (year > 9999) return -1;
    putDate(out, at, year, months - year * 13, (high >> 1) & 31);
    putByte(out, at + 10, BLANK);
    putClock(out, at + 11, ((high & 1) << 4) | (low >> 12), (low >> 6) & 63, low & 63);
    return putFraction(out, bytes, start + 5, digits, at + 19);
  };
}

/** TIMESTAMP since 5.6.4 as `readTimestamp2` reads it. Zero is left to that. */
export function timestampWriter(digits: number): TextWriter {
  return (bytes, start, _end, out, at) => {
    const seconds = bytes.getUint32(start);
    if (seconds === 0) return -1;
    const days = (seconds / 86_400) | 0;
    const rest = seconds - days * 86_400;
    const minutes = (rest / 60) | 0;
    const hours = (minutes / 60) | 0;
    const date = dayOf(days);
    putDate(out, at, date >> 9, (date >> 5) & 15, date & 31);
    putByte(out, at + 10, BLANK);
    putClock(out, at + 11, hours, minutes - hours * 60, rest - minutes * 60);
    return putFraction(out, bytes, start + 4, digits, at + 19);
  };
}

/** TIME since 5.6.4 as `readTime2` reads it. */
export function timeWriter(digits: number): TextWriter {
  const bytesOfFraction = (digits + 1) >> 1;
  const scale = 256 ** bytesOfFraction;
  return (bytes, start, _end, out, textAt) => {
    let packed = (bytes.getUint16(start) << 8) | bytes.getUint8(start + 2);
    for (let i = 0; i < bytesOfFraction; i++) packed = packed * 256 + bytes.getUint8(start + 3 + i);
    packed -= 0x80_0000 * scale;
    const absolute = Math.abs(packed);
    const whole = Math.floor(absolute / scale);
    let at = textAt;
    if (packed < 0) putByte(out, at++, DASH);
    const hours = whole >> 12;
    if (hours >= 100) putByte(out, at++, 0x30 + ((hours / 100) | 0));
    if (hours >= 1000) return -1;
    putClock(out, at, hours % 100, (whole >> 6) & 63, whole & 63);
    return putFractionValue(out, absolute - whole * scale, digits, at + 8);
  };
}

function putDate(out: DataView, at: number, year: number, month: number, day: number): void {
  putFour(out, at, year);
  putByte(out, at + 4, DASH);
  putTwo(out, at + 5, month);
  putByte(out, at + 7, DASH);
  putTwo(out, at + 8, day);
}

function putClock(out: DataView, at: number, hours: number, minutes: number, seconds: number): void {
  putTwo(out, at, hours);
  putByte(out, at + 2, COLON);
  putTwo(out, at + 3, minutes);
  putByte(out, at + 5, COLON);
  putTwo(out, at + 6, seconds);
}

function putFraction(out: DataView, bytes: DataView, start: number, digits: number, at: number): number {
  switch (digits) {
    case 0:
      return at;
    case 1:
    case 2:
      return putFractionValue(out, bytes.getUint8(start), digits, at);
    case 3:
    case 4:
      return putFractionValue(out, bytes.getUint16(start), digits, at);
    default:
      return putFractionValue(out, (bytes.getUint16(start) << 8) | bytes.getUint8(start + 2), digits, at);
  }
}

/** Hundredths, ten-thousandths or millionths are stored. */
function putFractionValue(out: DataView, stored: number, digits: number, at: number): number {
  if (digits === 0) return at;
  if (stored >= (digits <= 2 ? 100 : digits <= 4 ? 10_000 : 1_000_000)) return -1;
  putByte(out, at, POINT);
  putPadded(out, at + 1, (digits & 1) === 1 ? (stored / 10) | 0 : stored, digits);
  return at + 1 + digits;
}

/** Days since 1970 whose dates were worked out, and the dates: year << 9 | month << 5 | day. */
const knownDays = new Int32Array(256).fill(-1);
const knownDates = new Int32Array(256);

function dayOf(days: number): number {
  const slot = days & 255;
  if (knownDays[slot] !== days) {
    const date = new Date(days * 86_400_000);
    knownDates[slot] = (date.getUTCFullYear() << 9) | ((date.getUTCMonth() + 1) << 5) | date.getUTCDate();
    knownDays[slot] = days;
  }
  return knownDates[slot] as number;
}
