import { SocketAddress, isIPv6 } from 'node:net';

/** One server line of a backend as HAProxy has it now. */
export interface Slot {
  readonly name: string;
  /** Canonical `ip:port` (IPv6: `[ip]:port`); `null` when it has no address yet. */
  readonly address: string | null;
  /** By its administrative state; `drained` takes no new sessions but keeps the old ones. */
  readonly state: 'ready' | 'maint' | 'drained';
  /** Sessions on it now; `null` when that was not asked. */
  readonly sessions: number | null;
}

export interface BackendState {
  readonly name: string;
  /** HAProxy's numeric id of the backend. */
  readonly id: number;
  readonly slots: readonly Slot[];
}

/** HAProxy answered something else than was asked. The message is its answer, or what is wrong with it. */
export class ProxyAnswerError extends Error {
  override readonly name = 'ProxyAnswerError';
  readonly command: string;

  constructor(command: string, message: string) {
    super(message);
    this.command = command;
  }
}

/** Bits of `srv_admin_state`: forced, inherited, or by failed name resolution. The configuration's own bit stays set for life. */
const maintenanceBits = 0x01 | 0x02 | 0x20;
const drainBits = 0x08 | 0x10;

/**
 * Reads the answer to `show servers state BACKEND` (format version 1, management guide section 9.3). Columns are found
 * by name, so that columns added by later versions do no harm.
 *
 * @throws {ProxyAnswerError}
 */
export function parseServersState(backend: string, lines: readonly string[]): BackendState {
  const command = `show servers state ${backend}`;
  if (lines[0]?.trim() !== '1') {
    throw new ProxyAnswerError(
      command,
      /can't find backend/i.test(lines.join(' '))
        ? `HAProxy has no backend "${backend}"; add it as \`dcmha router config\` prints it, or name it in the configuration`
        : `HAProxy answered "${lines.join(' ').slice(0, 200)}" to "${command}"; expected server states of format 1`,
    );
  }
  const header = lines.find((line) => line.startsWith('# '));
  const columns = header?.slice(2).trim().split(' ') ?? [];
  const column = (name: string): number => {
    const index = columns.indexOf(name);
    if (index < 0)
      throw new ProxyAnswerError(command, `HAProxy names no column ${name} in its server states`);
    return index;
  };
  const at = {
    id: column('be_id'),
    backend: column('be_name'),
    name: column('srv_name'),
    address: column('srv_addr'),
    admin: column('srv_admin_state'),
    port: column('srv_port'),
  };
  const rows = lines
    .slice(1)
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.trim().split(' '))
    .filter((row) => row[at.backend] === backend);
  if (rows.length === 0) {
    throw new ProxyAnswerError(
      command,
      `HAProxy's backend "${backend}" has no server slot; it needs at least one`,
    );
  }
  const slots = rows.map((row): Slot => {
    const admin = Number(row[at.admin]);
    if (!Number.isInteger(admin)) {
      throw new ProxyAnswerError(
        command,
        `HAProxy gave "${row[at.admin]}" as the state of a server; expected a number`,
      );
    }
    return {
      name: row[at.name] ?? '',
      address: canonicalAddress(row[at.address], row[at.port]),
      state: admin & maintenanceBits ? 'maint' : admin & drainBits ? 'drained' : 'ready',
      sessions: null,
    };
  });
  return { name: backend, id: Number(rows[0]![at.id]), slots };
}

/**
 * Current sessions of each server of a backend, by name, out of the answer to `show stat BACKEND-ID 4 -1` (CSV, management guide
 * section 9.1).
 *
 * @throws {ProxyAnswerError}
 */
export function parseSessions(backend: string, lines: readonly string[]): Map<string, number> {
  const columns = lines[0]?.replace(/^# /, '').split(',') ?? [];
  const proxy = columns.indexOf('pxname');
  const name = columns.indexOf('svname');
  const sessions = columns.indexOf('scur');
  if (proxy < 0 || name < 0 || sessions < 0) {
    throw new ProxyAnswerError(
      'show stat',
      `HAProxy answered "${lines.join(' ').slice(0, 200)}" to "show stat"; expected CSV with pxname, svname and scur`,
    );
  }
  const bySlot = new Map<string, number>();
  for (const line of lines.slice(1)) {
    const fields = line.split(',');
    if (fields[proxy] === backend) bySlot.set(fields[name] ?? '', Number(fields[sessions]));
  }
  return bySlot;
}

function canonicalAddress(ip: string | undefined, port: string | undefined): string | null {
  if (ip === undefined || ip === '' || ip === '-') return null;
  return formatAddress(ip, Number(port));
}

/** `ip:port` in the one spelling used for comparing. */
export function formatAddress(ip: string, port: number): string {
  if (!isIPv6(ip)) return `${ip}:${port}`;
  return `[${new SocketAddress({ address: ip, family: 'ipv6' }).address}]:${port}`;
}
