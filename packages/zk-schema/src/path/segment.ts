import { PathError } from './path-error.js';
import { isWellFormed } from './well-formed.js';

/**
 * One part of a path for any text: what ZooKeeper or the path itself does not allow is escaped as `%` and the
 * hexadecimal UTF-8 bytes, as in a URL. Everything else stays readable, other alphabets included.
 * @throws PathError when the text is empty or not well-formed Unicode (a lone surrogate).
 */
export function encodeSegment(text: string): string {
  if (text === '') throw new PathError(text, 'a part of a path must not be empty');
  if (!isWellFormed(text)) throw new PathError(text, 'a part of a path must be well-formed Unicode');
  if (text === '.' || text === '..') return text.replaceAll('.', '%2E');
  return text.replace(escaped, escapeCharacter);
}

/** The inverse; `null` when the text is none that `encodeSegment` makes. */
export function decodeSegment(segment: string): string | null {
  let text: string;
  try {
    text = decodeURIComponent(segment);
  } catch {
    return null;
  }
  // One text, one path: anything that would be written otherwise is no path of ours.
  return text !== '' && isWellFormed(text) && encodeSegment(text) === segment ? text : null;
}

// `/`, `%`, and what PathUtils.validatePath of ZooKeeper refuses; with `u`, pairs of surrogates are one character.
const escaped =
  // eslint-disable-next-line no-control-regex
  /[/%\u0000-\u001f\u007f-\u009f\ue000-\uf8ff\ufff0-\uffff\u{10000}-\u{10ffff}]/gu;

function escapeCharacter(character: string): string {
  return [...Buffer.from(character, 'utf8')]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('');
}
