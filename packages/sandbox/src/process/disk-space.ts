import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DiskFullError } from '../errors/index.js';

/** Throws `DiskFullError` when the disk that holds `path` (which need not exist yet) has less free space than wanted. */
export async function requireDiskSpace(
  path: string,
  neededBytes: number,
  wantedBy: string,
  remedy: string,
): Promise<void> {
  let existing = path;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  const { bavail, bsize } = await statfs(existing);
  const freeBytes = bavail * bsize;
  if (freeBytes < neededBytes) throw new DiskFullError(path, wantedBy, { neededBytes, freeBytes, remedy });
}
