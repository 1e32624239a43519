import type { LostTransactions } from '@dcmha/binlog-reconcile';
import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';

/** Checks the events, from which everything else was made. @throws CliError when they are not as they were written */
export async function requireWhole(saved: LostTransactions): Promise<void> {
  const damaged = await saved.damagedFiles(saved.eventFiles);
  if (damaged.length === 0) return;
  throw new CliError(`${saved.path}: ${damaged.join(', ')} not as written`, {
    expected: 'expected the SHA-256 of manifest.json',
    remedy: 'look for a copy of the folder',
    exitCode: ExitCode.failed,
  });
}
