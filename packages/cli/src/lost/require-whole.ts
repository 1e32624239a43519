import type { LostTransactions } from '@dcmha/binlog-reconcile';
import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';

/** @throws CliError when a file is not as it was written */
export async function requireWhole(saved: LostTransactions): Promise<void> {
  const damaged = await saved.damagedFiles();
  if (damaged.length === 0) return;
  throw new CliError(`${saved.path}: ${damaged.join(', ')} not as written`, {
    expected: 'expected the SHA-256 of manifest.json',
    remedy: 'look for a copy of the folder',
    exitCode: ExitCode.failed,
  });
}
