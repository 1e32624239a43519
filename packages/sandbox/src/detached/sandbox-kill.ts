import { SandboxError } from '../errors/index.js';
import { isAlive, sendSignal, stateOf } from '../process/process-identity.js';
import { waitUntil } from '../process/wait-until.js';
import { sandboxStatus } from './sandbox-status.js';
import type { DetachedEntry, DetachedState } from './state.js';
import { requireState } from './state-file.js';

const goneTimeoutMs = 30_000;
const deadly: ReadonlySet<NodeJS.Signals> = new Set([
  'SIGKILL',
  'SIGTERM',
  'SIGINT',
  'SIGQUIT',
  'SIGABRT',
  'SIGSEGV',
]);

/**
 * Signals one server: by its name (`mysql-2`), its address, or `primary` (the database server that is writable now).
 * For a signal that ends it, resolves once it is gone. Throws `SandboxError` with code `NO_SUCH_SANDBOX`,
 * `NO_SUCH_SERVER` or `STILL_ALIVE`.
 */
export async function sandboxKill(
  name: string,
  what: string,
  signal: NodeJS.Signals = 'SIGKILL',
): Promise<{ readonly name: string; readonly pid: number }> {
  const entry = await findEntry(await requireState(name), what);
  if (!sendSignal(entry, signal)) {
    throw new SandboxError(
      'NO_SUCH_SERVER',
      `${entry.name} does not run; \`dcmha sandbox start ${entry.name}\` starts it`,
    );
  }
  if (deadly.has(signal)) {
    const gone = await waitUntil(() => (isAlive(entry) ? undefined : true), { timeoutMs: goneTimeoutMs });
    if (!gone) {
      throw new SandboxError(
        'STILL_ALIVE',
        `${entry.name} (pid ${entry.pid}) did not end within ${goneTimeoutMs} ms after ${signal}; try SIGKILL`,
      );
    }
  }
  // The kernel stops and continues the threads of a process a moment after the signal was sent.
  const wanted = signal === 'SIGSTOP' ? 'frozen' : signal === 'SIGCONT' ? 'running' : undefined;
  if (wanted !== undefined) {
    await waitUntil(() => (stateOf(entry) === wanted ? true : undefined), {
      timeoutMs: goneTimeoutMs,
      everyMs: 2,
    });
  }
  return { name: entry.name, pid: entry.pid };
}

export async function findEntry(state: DetachedState, what: string): Promise<DetachedEntry> {
  const wanted = what === 'primary' ? await writableName(state) : what;
  const entry = state.entries.find(({ name, address }) => name === wanted || address === wanted);
  if (entry !== undefined) return entry;
  throw new SandboxError(
    'NO_SUCH_SERVER',
    `nothing in sandbox "${state.name}" is called "${what}"; there are: ${state.entries.map(({ name }) => name).join(', ')}`,
  );
}

async function writableName(state: DetachedState): Promise<string> {
  const { entries } = await sandboxStatus(state.name);
  const writable = entries.filter(({ role }) => role === 'writable');
  if (writable.length === 1) return writable[0]!.name;
  throw new SandboxError(
    'NO_SUCH_SERVER',
    `sandbox "${state.name}" has ${writable.length === 0 ? 'no writable server now' : 'more than one writable server'}; name the server`,
  );
}
