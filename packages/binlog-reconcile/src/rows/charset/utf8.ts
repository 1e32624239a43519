import { SHORT_TEXT_MAX, shortAsciiText } from './short-text.js';
import { utf8Text } from './slice.js';

/** UTF-8 text of `length` bytes that are known to be valid. */
export function utf8Chars(buffer: Buffer, start: number, length: number): string {
  if (length <= SHORT_TEXT_MAX) {
    const ascii = shortAsciiText(buffer, start, length);
    if (ascii !== undefined) return ascii;
  }
  return utf8Text(buffer, start, start + length);
}
