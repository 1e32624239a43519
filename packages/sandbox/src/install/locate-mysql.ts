import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BadOptionError, MissingToolError } from '../errors/index.js';
import { run } from '../process/run.js';
import { cacheFolder } from './cache-folder.js';
import { findOnPath } from './find-on-path.js';
import { isSupportedMysql, parseMysqlVersion, type MysqlVersion } from './mysql-version.js';
import type { DatabaseInstallation, ServerProgram } from './server-program.js';
import { setUpHint } from './set-up-hint.js';

const located = new Map<string, Promise<DatabaseInstallation | undefined>>();

/** Where the private copy of MySQL is unpacked. */
export function privateMysqlFolder(): string {
  return join(cacheFolder(), 'mysql');
}

/**
 * The MySQL server to use, >= 8.4: what `$DCMHA_MYSQLD` names, else `mysqld` on PATH (unless it is MariaDB's or too
 * old), else the private copy. Throws `MissingToolError` when there is none.
 */
export async function locateMysql(): Promise<DatabaseInstallation> {
  const found = await findMysql();
  if (found !== undefined) return found;
  throw new MissingToolError('MySQL >= 8.4', `${setUpHint}, or set DCMHA_MYSQLD to the path of a mysqld`);
}

/** As `locateMysql`, but `undefined` when there is none. */
export function findMysql(): Promise<DatabaseInstallation | undefined> {
  const explicit = process.env.DCMHA_MYSQLD;
  const key = `${explicit ?? ''}\n${process.env.PATH}\n${cacheFolder()}`;
  const known = located.get(key);
  if (known !== undefined) return known;
  const found = search(explicit);
  located.set(key, found);
  // Only a success is worth remembering: an installation may follow.
  const forget = (): void => void located.delete(key);
  found.then((installation) => installation ?? forget(), forget);
  return found;
}

async function search(explicit: string | undefined): Promise<DatabaseInstallation | undefined> {
  if (explicit) {
    const version = existsSync(explicit) ? await versionOf({ file: explicit, prefixArgs: [] }) : undefined;
    if (version === undefined || !isSupportedMysql(version)) {
      throw new BadOptionError(
        'DCMHA_MYSQLD',
        `${explicit} is ${version === undefined ? 'not a mysqld that runs here' : `MySQL ${version.text}`}; name a mysqld >= 8.4, or unset it`,
      );
    }
    return installedAt(explicit, version, 'DCMHA_MYSQLD');
  }
  const onPath = findOnPath('mysqld');
  if (onPath !== undefined) {
    const version = await versionOf({ file: onPath, prefixArgs: [] });
    if (version !== undefined && isSupportedMysql(version)) return installedAt(onPath, version, 'PATH');
  }
  return privateCopy(privateMysqlFolder());
}

async function versionOf(server: ServerProgram): Promise<MysqlVersion | undefined> {
  try {
    return parseMysqlVersion(await run(server.file, [...server.prefixArgs, '--no-defaults', '--version']));
  } catch {
    return undefined;
  }
}

function installedAt(mysqld: string, version: MysqlVersion, origin: string): DatabaseInstallation {
  return {
    flavor: 'mysql',
    version: version.text,
    origin: `${mysqld} (${origin})`,
    server: { file: mysqld, prefixArgs: [] },
    locationArgs: [],
    program: (name) => {
      const beside = [join(dirname(mysqld), name), join(dirname(mysqld), '..', 'bin', name)].find(existsSync);
      const file = beside ?? findOnPath(name);
      if (file === undefined) {
        throw new MissingToolError(
          name,
          `it is neither beside ${mysqld} nor on PATH; install MySQL's client programs`,
        );
      }
      return { file, prefixArgs: [] };
    },
  };
}

/** The unpacked packages of a newer Debian, run by that folder's own loader and libraries; no file of the host is used. */
export async function privateCopy(folder: string): Promise<DatabaseInstallation | undefined> {
  const usr = join(folder, 'usr');
  const libraries = join(usr, 'lib');
  if (!existsSync(join(usr, 'sbin', 'mysqld'))) return undefined;
  const machine = readdirSync(libraries).find((name) => name.endsWith('-linux-gnu'));
  if (machine === undefined) return undefined;
  const loader = readdirSync(join(libraries, machine)).find((name) => /^ld-linux.*\.so\.\d+$/.test(name));
  if (loader === undefined) return undefined;
  const libraryPath = [
    join(libraries, machine),
    join(libraries, 'mysql', 'private'),
    join(libraries, 'mysqlrouter', 'private'),
  ].join(':');
  const through = (file: string): ServerProgram => ({
    file: join(libraries, machine, loader),
    prefixArgs: ['--library-path', libraryPath, '--argv0', file, file],
  });
  const server = through(join(usr, 'sbin', 'mysqld'));
  const version = await versionOf(server);
  if (version === undefined) return undefined;
  return {
    flavor: 'mysql',
    version: version.text,
    origin: folder,
    server,
    locationArgs: [
      `--basedir=${usr}`,
      `--lc-messages-dir=${join(usr, 'share', 'mysql')}`,
      `--plugin-dir=${join(libraries, 'mysql', 'plugin')}`,
    ],
    program: (name) => {
      const file = [join(usr, 'bin', name), join(usr, 'sbin', name)].find(existsSync);
      if (file === undefined) throw new MissingToolError(name, `it is not in ${folder}; ${setUpHint}`);
      return through(file);
    },
  };
}
