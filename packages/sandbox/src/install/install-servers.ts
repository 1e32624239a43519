import { join } from 'node:path';
import { SandboxError } from '../errors/index.js';
import { withFileLock } from '../process/file-lock.js';
import { cacheFolder } from './cache-folder.js';
import { findOnPath } from './find-on-path.js';
import { installPrivateMysql } from './install-private-mysql.js';
import { findMariadb, locateMariadb } from './locate-mariadb.js';
import { findMysql, locateMysql } from './locate-mysql.js';
import { findJava, hasZooKeeper, locateZooKeeper } from './locate-zookeeper.js';
import { locateHaproxy } from './locate-haproxy.js';
import type { Progress } from './progress.js';
import { installSystemPackages } from './system-packages.js';
import { ensureTemplate } from '../mysql/ensure-template.js';

export const serverNames = ['mysql', 'mariadb', 'zookeeper', 'haproxy'] as const;
export type ServerName = (typeof serverNames)[number];

const lockTimeoutMs = 20 * 60_000;

export interface InstallOptions {
  /** Default: all. */
  readonly servers?: readonly ServerName[];
  /** One line per step; default: none. */
  readonly progress?: Progress;
}

/**
 * Makes sure that the servers are on this machine and their data templates made; does nothing for what is there.
 * Several may run at once: one works, the others wait. Throws `NeedsRootError`, `InstallError`, `DiskFullError`,
 * `MissingToolError`.
 */
export async function installServers(options: InstallOptions = {}): Promise<void> {
  if (process.platform !== 'linux') {
    throw new SandboxError('MISSING_TOOL', `the sandbox runs on Linux only; this is ${process.platform}`);
  }
  const servers = new Set(options.servers ?? serverNames);
  const progress = options.progress ?? (() => {});
  await withFileLock(
    join(cacheFolder(), 'locks', 'install'),
    {
      timeoutMs: lockTimeoutMs,
      onWait: () => progress('waiting for another set-up on this machine to end'),
    },
    async () => {
      await installSystemPackages(await missingPackages(servers), progress);
      if (servers.has('mysql') && (await findMysql()) === undefined) await installPrivateMysql(progress);
      if (servers.has('mysql')) await ensureTemplate(await locateMysql(), progress);
      if (servers.has('mariadb')) await ensureTemplate(await locateMariadb(), progress);
      if (servers.has('zookeeper')) locateZooKeeper();
      if (servers.has('haproxy')) locateHaproxy();
    },
  );
}

async function missingPackages(servers: ReadonlySet<ServerName>): Promise<string[]> {
  const missing: string[] = [];
  if (servers.has('zookeeper')) {
    if (!hasZooKeeper()) missing.push('zookeeper');
    if (findJava() === undefined) missing.push('default-jre-headless');
  }
  if (servers.has('haproxy') && findOnPath('haproxy') === undefined) missing.push('haproxy');
  if (
    servers.has('mariadb') &&
    ((await findMariadb()) === undefined || findOnPath('mariadb-backup') === undefined)
  ) {
    missing.push('mariadb-server-core', 'mariadb-client-core', 'mariadb-backup');
  }
  return missing;
}
