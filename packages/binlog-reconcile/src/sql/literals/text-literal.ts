import type { SqlBuffer } from './sql-buffer.js';

/** Character sets whose every character a utf8mb4 literal can name, and names uniquely. */
const UNICODE = new Set(['utf8mb4', 'utf8mb3', 'utf8', 'ucs2', 'utf16', 'utf16le', 'utf32', 'ascii']);
/** Those of them whose bytes are the bytes of the literal. */
const SAME_BYTES = new Set(['utf8mb4', 'utf8mb3', 'utf8', 'ascii']);
/** Character sets in which some ASCII byte is another character, or may be, or whose units are wider than a byte. */
const NOT_ASCII = new Set(['swe7', 'sjis', 'cp932', 'ucs2', 'utf16', 'utf16le', 'utf32']);
const ASCII = /^[\0-\x7f]*$/;

/** Which texts of a character set may be written as a plain literal in a utf8mb4 session. */
export type PlainLiterals = 'all' | 'ascii' | 'none';

/** Texts for which a plain literal gives exactly the text. */
export function plainLiterals(charset: string): PlainLiterals {
  return UNICODE.has(charset) ? 'all' : NOT_ASCII.has(charset) ? 'none' : 'ascii';
}

/** Texts for which the bytes of a plain literal are the bytes of the text in this character set. */
export function plainLiteralsOfSameBytes(charset: string): PlainLiterals {
  return SAME_BYTES.has(charset) ? 'all' : NOT_ASCII.has(charset) ? 'none' : 'ascii';
}

/** Whether this text is one of them. */
export function isPlain(which: PlainLiterals, text: string): boolean {
  return which === 'all' || (which === 'ascii' && ASCII.test(text));
}

/**
 * Writes a literal that gives exactly this text: plain where that is exact, else the bytes with the character set's
 * introducer (several code points of one set may be one character in Unicode).
 */
export function writeTextLiteral(
  out: SqlBuffer,
  charset: string,
  which: PlainLiterals,
  text: string,
  bytes: () => Buffer,
): void {
  if (isPlain(which, text)) {
    out.quoted(text);
    return;
  }
  out.ascii(`_${charset} `);
  out.hex(bytes());
}
