import { GtidParseError } from './errors.js';
import { FIRST_GNO, LAST_GNO } from './intervals.js';

/** One MySQL transaction identifier, `uuid:gno` or `uuid:tag:gno`. */
export interface Gtid {
  /** Server UUID, lower case with dashes. */
  readonly uuid: string;
  /** Tag in lower case; the empty text means no tag. */
  readonly tag: string;
  /** Transaction number, 1 to 2^63 - 2. */
  readonly gno: bigint;
}

/** A run of numbers of one source, both ends included. */
export interface GtidRange {
  readonly uuid: string;
  readonly tag: string;
  readonly first: bigint;
  readonly last: bigint;
}

/** `uuid`, or `uuid:tag`: what MySQL calls a TSID. Sorts as the server does. */
export type GtidSource = string;

const UUID_FORMS =
  /^(?:([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})|([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})|\{([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})\})$/;
const TAG_FORM = /^[a-z_][a-z0-9_]{0,31}$/;

/**
 * The UUID in lower case with dashes, or undefined when the text is none. The forms that the server reads are read:
 * with dashes, without, in braces; either case.
 */
export function normalizeUuid(text: string): string | undefined {
  const parts = UUID_FORMS.exec(text.toLowerCase());
  return parts === null
    ? undefined
    : parts
        .slice(1)
        .filter((part) => part !== undefined)
        .join('-');
}

/**
 * The tag in lower case (`''` stays: no tag), or undefined when the text is none: a letter or underscore, then up to
 * 31 letters, digits and underscores (MySQL manual, "GTID Format and Storage").
 */
export function normalizeTag(text: string): string | undefined {
  const lower = text.toLowerCase();
  return lower === '' || TAG_FORM.test(lower) ? lower : undefined;
}

/** `uuid` or `uuid:tag`, checked and normalized. Throws {@link GtidParseError}. */
export function gtidSource(uuid: string, tag = ''): GtidSource {
  const normalUuid = normalizeUuid(uuid);
  if (normalUuid === undefined) throw new GtidParseError(uuid, 0, 'a server UUID');
  const normalTag = normalizeTag(tag);
  if (normalTag === undefined) {
    throw new GtidParseError(tag, 0, 'a tag (a letter or _, then up to 31 letters, digits or _)');
  }
  return normalTag === '' ? normalUuid : `${normalUuid}:${normalTag}`;
}

/** The two halves of a {@link GtidSource}. */
export function splitGtidSource(source: GtidSource): { uuid: string; tag: string } {
  return { uuid: source.slice(0, 36), tag: source.slice(37) };
}

/** The number itself. Throws {@link RangeError} when no server can have assigned it. */
export function checkGno(gno: bigint): bigint {
  if (gno < FIRST_GNO || gno > LAST_GNO) {
    throw new RangeError(`GTID number ${gno} is outside 1 to ${LAST_GNO}`);
  }
  return gno;
}

/** `uuid:gno` or `uuid:tag:gno`. */
export function formatGtid({ uuid, tag, gno }: Gtid): string {
  return tag === '' ? `${uuid}:${gno}` : `${uuid}:${tag}:${gno}`;
}

/** Reads `uuid:gno` or `uuid:tag:gno`. Throws {@link GtidParseError}. */
export function parseGtid(text: string): Gtid {
  const parts = text.trim().split(':');
  const number = parts.at(-1) ?? '';
  const source = parts.length === 2 || parts.length === 3 ? parts : ['', '', ''];
  const uuid = normalizeUuid(source[0] ?? '');
  if (uuid === undefined) throw new GtidParseError(text, 0, 'one GTID, uuid:number or uuid:tag:number');
  const tag = normalizeTag(parts.length === 3 ? (source[1] ?? '') : '');
  if (tag === undefined || (parts.length === 3 && tag === '')) {
    throw new GtidParseError(
      text,
      text.indexOf(':') + 1,
      'a tag (a letter or _, then up to 31 letters, digits or _)',
    );
  }
  if (!/^[0-9]{1,19}$/.test(number) || BigInt(number) < FIRST_GNO || BigInt(number) > LAST_GNO) {
    throw new GtidParseError(text, text.lastIndexOf(':') + 1, `a number from 1 to ${LAST_GNO}`);
  }
  return { uuid, tag, gno: BigInt(number) };
}
