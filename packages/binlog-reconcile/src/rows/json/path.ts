import { DecodeError } from '../../events/decode-error.js';

/** One leg of a path: a member's name or an element's index. */
export type JsonPathLeg = string | number;

const LEG = /\.\s*(?:"((?:[^"\\]|\\.)*)"|([^\s.["]+))|\[\s*(\d+)\s*\]/gsy;

/**
 * The legs of a path as partial updates write it: `$`, then `.name`, `."quoted name"` or `[3]`.
 * @throws DecodeError
 */
export function parseJsonPath(path: string): JsonPathLeg[] {
  const legs: JsonPathLeg[] = [];
  let at = path.startsWith('$') ? 1 : -1;
  while (at >= 0 && at < path.length) {
    LEG.lastIndex = at;
    const match = LEG.exec(path);
    if (match === null) {
      at = -1;
      break;
    }
    const [whole, quoted, name, index] = match;
    if (index !== undefined) legs.push(Number(index));
    else legs.push(quoted === undefined ? (name as string) : (JSON.parse(`"${quoted}"`) as string));
    at += whole.length;
  }
  if (at < 0) throw new DecodeError(`a JSON path that cannot be read: ${path}`);
  return legs;
}
