import { MissingToolError } from '../errors/index.js';
import { findOnPath } from './find-on-path.js';
import { setUpHint } from './set-up-hint.js';

/** The `haproxy` on PATH. Throws `MissingToolError` when there is none. */
export function locateHaproxy(): string {
  const file = findOnPath('haproxy');
  if (file === undefined) throw new MissingToolError('HAProxy (haproxy)', setUpHint);
  return file;
}
