import { createConnection } from 'mysql2/promise';
import { accounts } from '../mysql/accounts.js';
import { stateOf, type ProcessState } from '../process/process-identity.js';
import type { DetachedEntry, EntryKind } from './state.js';
import { detachedNames, requireState } from './state-file.js';

export interface EntryStatus {
  readonly name: string;
  readonly kind: EntryKind;
  readonly address?: string;
  readonly pid: number;
  readonly state: ProcessState;
  readonly logFile: string;
  /** For a database server that answers: `writable` or `read-only`. */
  readonly role?: 'writable' | 'read-only';
}

export interface SandboxStatus {
  readonly name: string;
  readonly folder: string;
  readonly createdAt: string;
  readonly endpoints: Readonly<Record<string, string>>;
  readonly entries: readonly EntryStatus[];
}

const answerTimeoutMs = 1_500;

/** Names of the sandboxes that were left running. */
export { detachedNames as sandboxNames };

/** What runs of a sandbox. Throws `SandboxError` with code `NO_SUCH_SANDBOX`. */
export async function sandboxStatus(name: string): Promise<SandboxStatus> {
  const { folder, createdAt, endpoints, entries } = await requireState(name);
  return { name, folder, createdAt, endpoints, entries: await Promise.all(entries.map(entryStatus)) };
}

async function entryStatus(entry: DetachedEntry): Promise<EntryStatus> {
  const state = stateOf(entry);
  const role = state === 'running' ? await roleOf(entry) : undefined;
  return {
    name: entry.name,
    kind: entry.kind,
    ...(entry.address === undefined ? {} : { address: entry.address }),
    pid: entry.pid,
    state,
    logFile: entry.logFile,
    ...(role === undefined ? {} : { role }),
  };
}

/** `undefined` for what is no database server, or does not answer within 1.5 s. */
async function roleOf(entry: DetachedEntry): Promise<EntryStatus['role']> {
  if (entry.address === undefined || (entry.kind !== 'mysql' && entry.kind !== 'mariadb')) return undefined;
  const separator = entry.address.lastIndexOf(':');
  let late: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    late = setTimeout(() => resolve(undefined), answerTimeoutMs);
  });
  try {
    const connection = await createConnection({
      host: entry.address.slice(0, separator),
      port: Number(entry.address.slice(separator + 1)),
      ...accounts.admin,
      connectTimeout: answerTimeoutMs,
    });
    try {
      const answer = connection.query('SELECT @@global.read_only AS closed');
      // Settled by nobody when the deadline comes first.
      answer.catch(() => {});
      const result = await Promise.race([answer, timeout]);
      if (result === undefined) return undefined;
      const [row] = result[0] as { closed: number }[];
      return row?.closed === 0 ? 'writable' : 'read-only';
    } finally {
      connection.destroy();
    }
  } catch {
    return undefined;
  } finally {
    clearTimeout(late);
  }
}
