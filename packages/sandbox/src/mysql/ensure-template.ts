import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InstallError } from '../errors/index.js';
import { cacheFolder } from '../install/cache-folder.js';
import type { Progress } from '../install/progress.js';
import type { DatabaseInstallation } from '../install/server-program.js';
import { requireDiskSpace } from '../process/disk-space.js';
import { withFileLock } from '../process/file-lock.js';
import { run } from '../process/run.js';
import { accountStatements } from './accounts.js';

const neededBytes = 400 * 2 ** 20;
const timeoutMs = 180_000;
/** Raised when the way a template is made changes in what the recipe below does not show. */
const layout = 1;

/**
 * The folder of a freshly initialised data directory with the accounts in it, made once per version and recipe and
 * copied for each server. Several processes may ask at once.
 */
export async function ensureTemplate(
  installation: DatabaseInstallation,
  progress: Progress = () => {},
): Promise<string> {
  const recipe = installation.flavor === 'mysql' ? mysqlRecipe(installation) : mariadbRecipe(installation);
  const hash = createHash('sha256')
    .update(JSON.stringify([layout, recipe.key, accountStatements()]))
    .digest('hex')
    .slice(0, 12);
  const name = `${installation.flavor}-${installation.version}-${hash}`;
  const target = join(cacheFolder(), 'templates', name);
  if (existsSync(target)) return target;
  await withFileLock(join(cacheFolder(), 'locks', name), { timeoutMs: 2 * timeoutMs }, async () => {
    if (existsSync(target)) return;
    progress(`initialising a ${installation.flavor} ${installation.version} data folder`);
    await requireDiskSpace(
      target,
      neededBytes,
      `a ${installation.flavor} data folder`,
      'free some, or set DCMHA_CACHE to a folder on another disk',
    );
    const work = `${target}.tmp-${process.pid}`;
    await rm(work, { recursive: true, force: true });
    await mkdir(work, { recursive: true });
    try {
      const data = join(work, 'data');
      await recipe.make(data, work);
      // It holds the server's UUID: every copy makes its own.
      await rm(join(data, 'auto.cnf'), { force: true });
      await rename(data, target);
    } catch (cause) {
      throw new InstallError(
        `initialise a ${installation.flavor} data folder with ${installation.origin}`,
        (cause as Error).message,
        { cause },
      );
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
  return target;
}

interface Recipe {
  /** Whatever shapes the outcome. */
  readonly key: readonly string[];
  make(data: string, work: string): Promise<void>;
}

function mysqlRecipe({ server, locationArgs }: DatabaseInstallation): Recipe {
  const options = ['--innodb-redo-log-capacity=32M', '--innodb-buffer-pool-size=64M'];
  return {
    key: options,
    make: async (data, work) => {
      // Run by the server once its system tables are there; nothing is logged to a binlog then, so no GTID is used up.
      const statements = join(work, 'init.sql');
      await writeFile(statements, `${accountStatements().join('\n')}\n`);
      const args = [
        ...server.prefixArgs,
        '--no-defaults',
        ...locationArgs,
        '--initialize-insecure',
        `--datadir=${data}`,
        `--init-file=${statements}`,
        ...options,
        ...runAsRoot(),
      ];
      await run(server.file, args, { timeoutMs, cwd: work });
    },
  };
}

function mariadbRecipe(installation: DatabaseInstallation): Recipe {
  const options = ['--innodb-log-file-size=32M', '--innodb-buffer-pool-size=64M'];
  return {
    key: options,
    make: async (data, work) => {
      const { file } = installation.program('mariadb-install-db');
      const args = [
        '--no-defaults',
        `--datadir=${data}`,
        '--auth-root-authentication-method=normal',
        '--skip-test-db',
        '--skip-name-resolve',
        ...options,
        ...runAsRoot(),
      ];
      await run(file, args, { timeoutMs, cwd: work });
      const bootstrap = ['--no-defaults', '--bootstrap', `--datadir=${data}`, ...options, ...runAsRoot()];
      await run(installation.server.file, bootstrap, {
        timeoutMs,
        cwd: work,
        // In bootstrap mode the grant tables are not loaded until they are asked for.
        input: `FLUSH PRIVILEGES;\n${accountStatements().join('\n')}\n`,
      });
    },
  };
}

/** Database servers refuse to run as root unless told to. */
export function runAsRoot(): string[] {
  return process.getuid?.() === 0 ? ['--user=root'] : [];
}
