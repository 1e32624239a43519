import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InstallError, MissingToolError } from '../errors/index.js';

export interface FileLockOptions {
  /** How long to wait for another process that has the lock. */
  readonly timeoutMs: number;
  /** Called once when the lock is not free at once. */
  readonly onWait?: () => void;
}

/**
 * Runs `work` while no other process that uses the same lock file does. The lock is the kernel's (`flock`), held by a
 * small helper process for as long as our pipe to it is open: it cannot be left behind, however we end.
 */
export async function withFileLock<T>(
  file: string,
  options: FileLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  const seconds = String(Math.max(1, Math.ceil(options.timeoutMs / 1000)));
  const holder = spawn('flock', ['-w', seconds, file, 'sh', '-c', 'echo locked; exec cat >/dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  holder.stdin.on('error', () => {});
  const waiting = setTimeout(() => options.onWait?.(), 300);
  try {
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once('data', () => resolve());
      holder.once('error', (error) => {
        reject(new MissingToolError('flock', 'install the package util-linux', { cause: error }));
      });
      holder.once('exit', () => {
        reject(
          new InstallError(
            `get the lock ${file}`,
            `another process held it for ${options.timeoutMs} ms; wait for that process to end, or end it`,
          ),
        );
      });
    });
    clearTimeout(waiting);
    return await work();
  } finally {
    clearTimeout(waiting);
    holder.stdin.end();
  }
}
