import { InstallError, MissingToolError, NeedsRootError } from '../errors/index.js';
import { run } from '../process/run.js';
import { findOnPath } from './find-on-path.js';
import type { Progress } from './progress.js';

const installTimeoutMs = 15 * 60_000;

/**
 * Installs Debian packages when root, or with a sudo that asks no password. Throws `NeedsRootError`, which holds the
 * line to run, otherwise; `MissingToolError` where there is no apt-get.
 */
export async function installSystemPackages(packages: readonly string[], progress: Progress): Promise<void> {
  if (packages.length === 0) return;
  if (findOnPath('apt-get') === undefined) {
    throw new MissingToolError(
      packages.join(' '),
      'this system has no apt-get; install the equivalents of these Debian packages by hand',
    );
  }
  const line = `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  const prefix = await rootPrefix();
  if (prefix === undefined) throw new NeedsRootError(packages, line);
  progress(`installing packages of the system: ${packages.join(' ')}`);
  const apt = async (args: readonly string[]): Promise<void> => {
    const command = [
      ...prefix,
      'env',
      'DEBIAN_FRONTEND=noninteractive',
      'apt-get',
      // Another apt-get may be at work; wait for it instead of failing.
      '-o',
      'DPkg::Lock::Timeout=300',
      ...args,
    ];
    await run(command[0]!, command.slice(1), { timeoutMs: installTimeoutMs });
  };
  try {
    await apt(['update']);
    await apt(['install', '-y', '--no-install-recommends', ...packages]);
  } catch (cause) {
    throw new InstallError(
      `install ${packages.join(' ')}`,
      `${(cause as Error).message}\nrun this by hand to see why: ${line}`,
      { cause },
    );
  }
}

/** What to put before a command that needs root; `undefined` when root cannot be had without a password. */
async function rootPrefix(): Promise<readonly string[] | undefined> {
  if (process.getuid?.() === 0) return [];
  if (findOnPath('sudo') === undefined) return undefined;
  try {
    await run('sudo', ['-n', 'true'], { timeoutMs: 10_000 });
    return ['sudo', '-n'];
  } catch {
    return undefined;
  }
}
