import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where installed servers and data templates are kept: `$DCMHA_CACHE`, else `~/.cache/dcmha`. */
export function cacheFolder(): string {
  const explicit = process.env.DCMHA_CACHE;
  if (explicit) return resolve(explicit);
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'dcmha');
}
