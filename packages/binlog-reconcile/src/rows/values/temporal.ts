const two: string[] = Array.from({ length: 100 }, (_, n) => `${n}`.padStart(2, '0'));

function pad4(n: number): string {
  return n < 1000 ? `${n + 10_000}`.slice(1) : `${n}`;
}

/** Texts by number for values that repeat within a file, such as dates; a collision only costs the time to make it again. */
class TextCache {
  readonly #keys = new Int32Array(4096).fill(-1);
  readonly #texts: string[] = new Array<string>(4096).fill('');

  constructor(private readonly make: (key: number) => string) {}

  get(key: number): string {
    const slot = (key ^ (key >>> 12)) & 4095;
    if (this.#keys[slot] === key) return this.#texts[slot] as string;
    const text = this.make(key);
    this.#keys[slot] = key;
    this.#texts[slot] = text;
    return text;
  }
}

function dateText(year: number, month: number, day: number): string {
  return `${pad4(year)}-${two[month]}-${two[day]}`;
}

/** Key: year << 9 | month << 5 | day. */
const dates = new TextCache((key) => dateText(key >> 9, (key >> 5) & 15, key & 31));
/** Key: (year * 13 + month) << 5 | day, as DATETIME packs it; the text ends in a blank. */
const datePrefixes = new TextCache((key) => `${dateText(((key >> 5) / 13) | 0, (key >> 5) % 13, key & 31)} `);
/** Key: days since 1970-01-01; the text ends in a blank. */
const dayPrefixes = new TextCache((days) => {
  const date = new Date(days * 86_400_000);
  return `${dateText(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate())} `;
});
/** `hh:mm:` by hour << 6 | minute, for hours below 32. */
const hourMinutes: string[] = Array.from({ length: 2048 }, (_, key) => `${two[key >> 6]}:${two[key & 63]}:`);

/** `hh:mm:ss` of hour << 12 | minute << 6 | second. */
function clockText(key: number): string {
  return (hourMinutes[key >> 6] as string) + (two[key & 63] as string);
}

/** DATE: three bytes, little endian: day (5 bits), month (4), year (15). */
export function readDate(b: Buffer, p: number): string {
  return dates.get((b[p] as number) | ((b[p + 1] as number) << 8) | ((b[p + 2] as number) << 16));
}

/** Bytes of a fraction of 0 to 6 digits. */
export function fractionSize(digits: number): number {
  return (digits + 1) >> 1;
}

const three: string[] = Array.from({ length: 1000 }, (_, n) => `${n}`.padStart(3, '0'));
const pointThree: string[] = three.map((digits) => `.${digits}`);
const pointTwo: string[] = two.map((digits) => `.${digits}`);

/** `.123` for the packed fraction of `digits` digits; hundredths, ten-thousandths or millionths are stored. */
function fractionText(value: number, digits: number): string {
  switch (digits) {
    case 1:
      return `.${(value / 10) | 0}`;
    case 2:
      return pointTwo[value] as string;
    case 3:
      return pointThree[(value / 10) | 0] as string;
    case 4:
      return (pointTwo[(value / 100) | 0] as string) + (two[value % 100] as string);
    case 5:
      return (pointThree[(value / 1000) | 0] as string) + (two[((value / 10) | 0) % 100] as string);
    default:
      return (pointThree[(value / 1000) | 0] as string) + (three[value % 1000] as string);
  }
}

function bigEndian(b: Buffer, p: number, bytes: number): number {
  let value = 0;
  for (let i = 0; i < bytes; i++) value = value * 256 + (b[p + i] as number);
  return value;
}

/** DATETIME since 5.6.4: 40 bits, big endian: sign, year * 13 + month (17), day (5), hour (5), minute, second (6). */
export function readDateTime2(b: Buffer, p: number, digits: number): string {
  const high = ((b[p] as number) << 16) | ((b[p + 1] as number) << 8) | (b[p + 2] as number);
  const low = ((b[p + 3] as number) << 8) | (b[p + 4] as number);
  const text = datePrefixes.get((high >> 1) & 0x3fffff) + clockText(((high & 1) << 16) | low);
  return digits === 0 ? text : text + fractionText(bigEndian(b, p + 5, fractionSize(digits)), digits);
}

/** TIMESTAMP since 5.6.4: seconds since 1970, big endian; unsigned, so that MariaDB's reach 2106. */
export function readTimestamp2(b: Buffer, p: number, digits: number): string {
  const seconds =
    (((b[p] as number) << 24) |
      ((b[p + 1] as number) << 16) |
      ((b[p + 2] as number) << 8) |
      (b[p + 3] as number)) >>>
    0;
  if (digits === 0) return timestampText(seconds);
  const fraction = bigEndian(b, p + 4, fractionSize(digits));
  const text = seconds === 0 && fraction === 0 ? ZERO : epochText(seconds);
  return text + fractionText(fraction, digits);
}

const ZERO = '0000-00-00 00:00:00';

function timestampText(seconds: number): string {
  return seconds === 0 ? ZERO : epochText(seconds);
}

function epochText(seconds: number): string {
  const days = (seconds / 86_400) | 0;
  const rest = seconds - days * 86_400;
  const minutes = (rest / 60) | 0;
  const hours = (minutes / 60) | 0;
  return (
    dayPrefixes.get(days) + clockText((hours << 12) | ((minutes - hours * 60) << 6) | (rest - minutes * 60))
  );
}

/** TIME since 5.6.4: hour (10 bits), minute (6), second (6) and fraction, big endian, with an offset for the sign. */
export function readTime2(b: Buffer, p: number, digits: number): string {
  const bytes = fractionSize(digits);
  const scale = 256 ** bytes;
  const packed = bigEndian(b, p, 3 + bytes) - 0x80_0000 * scale;
  const absolute = Math.abs(packed);
  const whole = Math.floor(absolute / scale);
  const text = timeText(packed < 0, whole >> 12, (whole >> 6) & 63, whole & 63);
  return digits === 0 ? text : text + fractionText(absolute - whole * scale, digits);
}

function timeText(negative: boolean, hours: number, minutes: number, seconds: number): string {
  const text =
    hours < 32
      ? clockText((hours << 12) | (minutes << 6) | seconds)
      : `${hours < 100 ? two[hours] : hours}:${two[minutes]}:${two[seconds]}`;
  return negative ? `-${text}` : text;
}

/** TIME before 5.6.4: the number hhmmss, three bytes, signed. */
export function readOldTime(b: Buffer, p: number): string {
  const value = (((b[p] as number) | ((b[p + 1] as number) << 8) | ((b[p + 2] as number) << 16)) << 8) >> 8;
  const absolute = Math.abs(value);
  return timeText(value < 0, (absolute / 10_000) | 0, ((absolute / 100) | 0) % 100, absolute % 100);
}

/** DATETIME before 5.6.4: the number YYYYMMDDhhmmss, eight bytes. */
export function readOldDateTime(b: Buffer, p: number): string {
  const value = b.readUInt32LE(p) + b.readUInt32LE(p + 4) * 0x1_0000_0000;
  const date = Math.floor(value / 1_000_000);
  const time = value - date * 1_000_000;
  return (
    `${dateText((date / 10_000) | 0, ((date / 100) | 0) % 100, date % 100)} ` +
    `${two[(time / 10_000) | 0]}:${two[((time / 100) | 0) % 100]}:${two[time % 100]}`
  );
}

/** TIMESTAMP before 5.6.4: seconds since 1970, four bytes. */
export function readOldTimestamp(b: Buffer, p: number): string {
  return timestampText(b.readUInt32LE(p));
}

/** DATE inside JSON: the packed 64-bit number of {@link packedDateTimeText}. */
export function packedDateText(b: Buffer, p: number): string {
  const ymd = (b.readUInt32LE(p + 4) >>> 9) & 0x3fffff;
  return dateText(((ymd >> 5) / 13) | 0, (ymd >> 5) % 13, ymd & 31);
}

/** DATETIME inside JSON: 40 bits as in {@link readDateTime2} above 24 bits of microseconds, in 64 bits little endian. */
export function packedDateTimeText(b: Buffer, p: number): string {
  const low = b.readUInt32LE(p);
  const high = b.readUInt32LE(p + 4);
  const hms = ((high & 0x1ff) << 8) | (low >>> 24);
  return `${packedDateText(b, p)} ${clockText(hms)}${fractionText(low & 0xffffff, 6)}`;
}

/** TIME inside JSON: hour (10), minute (6), second (6) above 24 bits of microseconds, signed 64 bits little endian. */
export function packedTimeText(b: Buffer, p: number): string {
  const value = b.readBigInt64LE(p);
  const absolute = value < 0n ? -value : value;
  const whole = Number(absolute >> 24n) & 0x3fffff;
  return (
    timeText(value < 0n, whole >> 12, (whole >> 6) & 63, whole & 63) +
    fractionText(Number(absolute & 0xffffffn), 6)
  );
}
