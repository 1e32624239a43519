import { MissingToolError } from '../errors/index.js';
import { run } from '../process/run.js';
import { findOnPath } from './find-on-path.js';
import { parseMariadbVersion } from './mysql-version.js';
import type { DatabaseInstallation, ServerProgram } from './server-program.js';
import { setUpHint } from './set-up-hint.js';

/** The `mariadbd` on PATH. Throws `MissingToolError` when there is none. */
export async function locateMariadb(): Promise<DatabaseInstallation> {
  const found = await findMariadb();
  if (found !== undefined) return found;
  throw new MissingToolError('MariaDB (mariadbd)', `${setUpHint}, or install Debian's mariadb-server-core`);
}

/** As `locateMariadb`, but `undefined` when there is none. */
export async function findMariadb(): Promise<DatabaseInstallation | undefined> {
  const mariadbd = findOnPath('mariadbd');
  // mariadb-install-db makes the data folder; some distributions package it apart.
  if (mariadbd === undefined || findOnPath('mariadb-install-db') === undefined) return undefined;
  const version = parseMariadbVersion(await run(mariadbd, ['--no-defaults', '--version']));
  if (version === undefined) return undefined;
  return {
    flavor: 'mariadb',
    version,
    origin: mariadbd,
    server: { file: mariadbd, prefixArgs: [] },
    locationArgs: [],
    program: (name): ServerProgram => {
      const file = findOnPath(name);
      if (file === undefined) throw new MissingToolError(name, setUpHint);
      return { file, prefixArgs: [] };
    },
  };
}
