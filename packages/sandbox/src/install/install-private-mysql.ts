import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InstallError, MissingToolError } from '../errors/index.js';
import { requireDiskSpace } from '../process/disk-space.js';
import { run } from '../process/run.js';
import { debianMirror } from './debian-mirror.js';
import { findOnPath } from './find-on-path.js';
import { privateCopy, privateMysqlFolder } from './locate-mysql.js';
import type { Progress } from './progress.js';
import { installSystemPackages } from './system-packages.js';

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
const suite = 'sid';
const packages = ['mysql-server-core', 'mysql-client-core', 'mysql-router'];
const neededBytes = 900 * 2 ** 20;
const downloadTimeoutMs = 15 * 60_000;
/** Documentation and what the server's package pulls in for scripts that are not used here. */
const notNeeded = [
  'usr/share/doc',
  'usr/share/man',
  'usr/share/perl',
  'usr/lib/mysql-test',
  'usr/share/locale',
];

/**
 * Downloads MySQL and all its libraries from Debian's newest suite and unpacks them into the cache, where they are run
 * with their own loader: nothing of the host is changed, no root is needed. About 71 MB (and 11 MB of package list) to
 * download, 450 MB on disk.
 */
export async function installPrivateMysql(progress: Progress): Promise<void> {
  const target = privateMysqlFolder();
  for (const tool of ['apt-get', 'apt-config', 'dpkg']) {
    if (findOnPath(tool) === undefined) {
      throw new MissingToolError(
        tool,
        'the private copy of MySQL is made of Debian packages; install MySQL >= 8.4 by hand and set DCMHA_MYSQLD to its mysqld',
      );
    }
  }
  await requireDiskSpace(
    target,
    neededBytes,
    'MySQL',
    'free some, or set DCMHA_CACHE to a folder on another disk',
  );
  if (!existsSync(keyring)) await installSystemPackages(['debian-archive-keyring'], progress);

  const work = `${target}.tmp-${process.pid}`;
  await rm(work, { recursive: true, force: true });
  try {
    const archives = await download(join(work, 'apt'), progress);
    const unpacked = join(work, 'root');
    await mkdir(unpacked);
    progress(`unpacking MySQL into ${target}`);
    for (const archive of archives) await run('dpkg', ['-x', archive, unpacked], { timeoutMs: 120_000 });
    for (const folder of notNeeded) await rm(join(unpacked, folder), { recursive: true, force: true });
    if ((await privateCopy(unpacked)) === undefined) {
      throw new InstallError(
        'install the private copy of MySQL',
        'the unpacked mysqld does not run on this machine; install MySQL >= 8.4 by hand and set DCMHA_MYSQLD to its mysqld',
      );
    }
    await rm(target, { recursive: true, force: true });
    await rename(unpacked, target);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function download(apt: string, progress: Progress): Promise<string[]> {
  await mkdir(join(apt, 'state/lists/partial'), { recursive: true });
  await mkdir(join(apt, 'cache/archives/partial'), { recursive: true });
  await writeFile(join(apt, 'status'), '');
  await writeFile(
    join(apt, 'sources.list'),
    `deb [signed-by=${keyring}] ${await debianMirror()} ${suite} main\n`,
  );
  const architecture = (await run('dpkg', ['--print-architecture'])).trim();
  // The host's way to reach its mirror (proxies and the like) holds here too.
  const transport = await run('apt-config', ['dump', 'Acquire']);
  const configuration = join(apt, 'apt.conf');
  await writeFile(
    configuration,
    `${transport}
Dir::State "${apt}/state";
Dir::State::status "${apt}/status";
Dir::Cache "${apt}/cache";
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::sourcelist "${apt}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Architecture "${architecture}";
APT::Architectures { "${architecture}"; };
APT::Sandbox::User "";
`,
  );
  const env = { ...process.env, APT_CONFIG: configuration, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  progress(`downloading MySQL (about 82 MB) from Debian ${suite}`);
  try {
    await run('apt-get', ['update'], { env, timeoutMs: downloadTimeoutMs });
    await run('apt-get', ['install', '-y', '--download-only', '--no-install-recommends', ...packages], {
      env,
      timeoutMs: downloadTimeoutMs,
    });
  } catch (cause) {
    throw new InstallError(
      'download MySQL',
      `${(cause as Error).message}\ncheck the network, set DCMHA_DEBIAN_MIRROR to a Debian mirror, or install MySQL >= 8.4 by hand and set DCMHA_MYSQLD to its mysqld`,
      { cause },
    );
  }
  const folder = join(apt, 'cache/archives');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.deb')).sort();
  if (!names.some((name) => name.startsWith('mysql-server-core_'))) {
    throw new InstallError('download MySQL', `apt-get left no mysql-server-core in ${folder}`);
  }
  return names.map((name) => join(folder, name));
}
