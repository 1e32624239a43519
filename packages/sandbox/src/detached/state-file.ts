import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { SandboxError } from '../errors/index.js';
import { withFileLock } from '../process/file-lock.js';
import { detachedState, type DetachedState } from './state.js';

const lockTimeoutMs = 120_000;

/** Where sandboxes that were left running are written down: `$DCMHA_STATE`, else `~/.local/state/dcmha`. */
function folder(): string {
  const explicit = process.env.DCMHA_STATE;
  if (explicit) return resolve(explicit);
  return join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'dcmha');
}

function fileOf(name: string): string {
  return join(folder(), `${name}.json`);
}

/** Names of the sandboxes that were left running, alphabetically. */
export async function detachedNames(): Promise<string[]> {
  const names = await readdir(folder()).catch(() => []);
  return names
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .sort();
}

/** `undefined` when there is no such sandbox. Throws `SandboxError` when its file is damaged. */
export async function readState(name: string): Promise<DetachedState | undefined> {
  let text: string;
  try {
    text = await readFile(fileOf(name), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return detachedState.parse(JSON.parse(text));
  } catch (cause) {
    throw new SandboxError(
      'BAD_STATE',
      `${fileOf(name)} is damaged; end its processes by hand (\`ps\`), then delete it`,
      { cause },
    );
  }
}

/** Throws `SandboxError` with code `NO_SUCH_SANDBOX` when there is none. */
export async function requireState(name: string): Promise<DetachedState> {
  const state = await readState(name);
  if (state !== undefined) return state;
  const names = await detachedNames();
  throw new SandboxError(
    'NO_SUCH_SANDBOX',
    `no sandbox is called "${name}"; ${names.length > 0 ? `there are: ${names.join(', ')}` : 'none is up'}`,
  );
}

export async function writeState(state: DetachedState): Promise<void> {
  await mkdir(folder(), { recursive: true });
  const next = `${fileOf(state.name)}.tmp-${process.pid}`;
  // Other users of the machine need not read it.
  await writeFile(next, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  await rename(next, fileOf(state.name));
}

export async function removeState(name: string): Promise<void> {
  await rm(fileOf(name), { force: true });
}

/** One change of a sandbox at a time. */
export function withStateLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  return withFileLock(join(folder(), `${name}.lock`), { timeoutMs: lockTimeoutMs }, work);
}
