import type { SqlBuffer } from '../literals/sql-buffer.js';
import type { PackedWriter } from './packed-writer.js';

const QUOTE = 0x27;
const DASH = 0x2d;
const COLON = 0x3a;
const BLANK = 0x20;
const POINT = 0x2e;

/** Writes DATE: three bytes, little endian: day (5 bits), month (4), year (15). */
export const packedDate: PackedWriter = (out, b, start) => {
  const packed = (b[start] as number) | ((b[start + 1] as number) << 8) | ((b[start + 2] as number) << 16);
  out.character(QUOTE);
  writeDate(out, packed >> 9, (packed >> 5) & 15, packed & 31);
  out.character(QUOTE);
};

/** Writes DATETIME: 40 bits, big endian: sign, year * 13 + month (17), day (5), hour (5), minute, second (6); fraction. */
export function packedDateTime(digits: number): PackedWriter {
  return (out, b, start) => {
    const high = ((b[start] as number) << 16) | ((b[start + 1] as number) << 8) | (b[start + 2] as number);
    const low = ((b[start + 3] as number) << 8) | (b[start + 4] as number);
    const months = (high >> 6) & 0x1ffff;
    const year = (months / 13) | 0;
    out.character(QUOTE);
    writeDate(out, year, months - year * 13, (high >> 1) & 31);
    out.character(BLANK);
    writeClock(out, ((high & 1) << 4) | (low >> 12), (low >> 6) & 63, low & 63);
    writeFraction(out, b, start + 5, digits);
    out.character(QUOTE);
  };
}

/** Writes TIMESTAMP in UTC: seconds since 1970, four bytes, big endian, unsigned; fraction. */
export function packedTimestamp(digits: number): PackedWriter {
  return (out, b, start) => {
    const seconds = b.readUInt32BE(start);
    out.character(QUOTE);
    if (seconds === 0 && isZero(b, start + 4, digits)) out.ascii('0000-00-00 00:00:00');
    else {
      const days = (seconds / 86_400) | 0;
      const rest = seconds - days * 86_400;
      const minutes = (rest / 60) | 0;
      const hours = (minutes / 60) | 0;
      writeDay(out, days);
      out.character(BLANK);
      writeClock(out, hours, minutes - hours * 60, rest - minutes * 60);
    }
    writeFraction(out, b, start + 4, digits);
    out.character(QUOTE);
  };
}

/** Writes a day counted from 1970-01-01 (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days). */
function writeDay(out: SqlBuffer, days: number): void {
  const shifted = days + 719_468;
  const era = (shifted / 146_097) | 0;
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra =
    ((dayOfEra - ((dayOfEra / 1_460) | 0) + ((dayOfEra / 36_524) | 0) - ((dayOfEra / 146_096) | 0)) / 365) |
    0;
  const dayOfYear = dayOfEra - (365 * yearOfEra + (yearOfEra >> 2) - ((yearOfEra / 100) | 0));
  const fromMarch = ((5 * dayOfYear + 2) / 153) | 0;
  const day = dayOfYear - (((153 * fromMarch + 2) / 5) | 0) + 1;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  writeDate(out, yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day);
}

function writeDate(out: SqlBuffer, year: number, month: number, day: number): void {
  out.padded(year, 4);
  out.character(DASH);
  out.padded(month, 2);
  out.character(DASH);
  out.padded(day, 2);
}

function writeClock(out: SqlBuffer, hours: number, minutes: number, seconds: number): void {
  out.padded(hours, 2);
  out.character(COLON);
  out.padded(minutes, 2);
  out.character(COLON);
  out.padded(seconds, 2);
}

/** The fraction of so many digits; hundredths, ten-thousandths or millionths are stored, big endian. */
function writeFraction(out: SqlBuffer, b: Buffer, at: number, digits: number): void {
  if (digits === 0) return;
  out.character(POINT);
  const bytes = (digits + 1) >> 1;
  let value = 0;
  for (let i = 0; i < bytes; i++) value = value * 256 + (b[at + i] as number);
  out.padded((digits & 1) === 1 ? (value / 10) | 0 : value, digits);
}

function isZero(b: Buffer, at: number, digits: number): boolean {
  for (let i = (digits + 1) >> 1; i > 0; i--) if (b[at + i - 1] !== 0) return false;
  return true;
}
