import { hexLiteral, quoteText } from '../quoting.js';

/** Character sets whose every character a utf8mb4 literal can name, and names uniquely. */
const UNICODE = new Set(['utf8mb4', 'utf8mb3', 'utf8', 'ucs2', 'utf16', 'utf16le', 'utf32', 'ascii']);
/** Those of them whose bytes are the bytes of the literal. */
const SAME_BYTES = new Set(['utf8mb4', 'utf8mb3', 'utf8', 'ascii']);
/** Character sets in which some ASCII byte is another character, or may be, or whose units are wider than a byte. */
const NOT_ASCII = new Set(['swe7', 'sjis', 'cp932', 'ucs2', 'utf16', 'utf16le', 'utf32']);
const ASCII = /^[\0-\x7f]*$/;

/** Whether a plain literal (in a utf8mb4 session) gives exactly this text in this character set. */
export function plainLiteralFits(charset: string, text: string): boolean {
  return UNICODE.has(charset) || (!NOT_ASCII.has(charset) && ASCII.test(text));
}

/** Whether the bytes of a plain literal (in a utf8mb4 session) are the bytes of the text in this character set. */
export function plainLiteralHasSameBytes(charset: string, text: string): boolean {
  return SAME_BYTES.has(charset) || (!NOT_ASCII.has(charset) && ASCII.test(text));
}

/**
 * A literal that gives exactly this text: plain where that is exact, else the bytes with the character set's
 * introducer (several code points of one set may be one character in Unicode).
 */
export function textLiteral(charset: string, text: string, bytes: () => Buffer): string {
  return plainLiteralFits(charset, text) ? quoteText(text) : `_${charset} ${hexLiteral(bytes())}`;
}
