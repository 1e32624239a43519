import type { BackendState, Slot } from './proxy-state.js';

/** A server of the route with its address resolved. */
export interface ResolvedServer {
  /** `host:port` as the route names it. */
  readonly name: string;
  readonly ip: string;
  readonly port: number;
  /** Canonical `ip:port`. */
  readonly address: string;
}

export interface ResolvedTarget {
  readonly write: ResolvedServer | null;
  readonly read: readonly ResolvedServer[];
}

export interface ProxyState {
  readonly write: BackendState;
  readonly read: BackendState;
}

/**
 * Commands that take traffic from servers which the target does not send it to, and cut the sessions they still have.
 * They come before any command that opens a server: so never two servers take writes.
 */
export function planClose(target: ResolvedTarget, actual: ProxyState): string[] {
  const commands: string[] = [];
  for (const slot of actual.write.slots) {
    const right =
      target.write !== null && slot === writeSlot(actual) && slot.address === target.write.address;
    commands.push(...closeSlot(actual.write, slot, right));
  }
  const wanted = new Set(target.read.map((server) => server.address));
  for (const slot of actual.read.slots) {
    const right = slot.address !== null && wanted.delete(slot.address);
    commands.push(...closeSlot(actual.read, slot, right));
  }
  return commands;
}

/** Commands that send traffic to the servers of the target; what is already there is left as it is. */
export function planOpen(target: ResolvedTarget, actual: ProxyState): string[] {
  const commands: string[] = [];
  const write = writeSlot(actual);
  if (target.write !== null && write !== undefined)
    commands.push(...openSlot(actual.write, write, target.write));

  const free = new Set(actual.read.slots);
  const missing: ResolvedServer[] = [];
  for (const server of uniqueServers(target.read)) {
    const slot = [...free].find((candidate) => candidate.address === server.address);
    if (slot === undefined) {
      missing.push(server);
      continue;
    }
    free.delete(slot);
    commands.push(...openSlot(actual.read, slot, server));
  }
  for (const server of missing) {
    const slot = [...free].find((candidate) => candidate.state === 'maint');
    if (slot === undefined) break;
    free.delete(slot);
    commands.push(...openSlot(actual.read, slot, server));
  }
  return commands;
}

/** What of the target the proxy lacks or has too much of, in words. */
export function differences(target: ResolvedTarget, actual: ProxyState): string[] {
  const found: string[] = [];
  const { write, read } = actual;
  if (write.slots.length !== 1) {
    found.push(
      `backend ${write.name} has ${write.slots.length} server slots, expected exactly one so that it cannot hold two primaries`,
    );
  }
  const openWrite = write.slots.filter((slot) => slot.state !== 'maint');
  if (target.write === null) {
    for (const slot of openWrite)
      found.push(`${write.name}/${slot.name} takes writes for ${slot.address}, expected none`);
  } else {
    const slot = writeSlot(actual);
    if (slot?.address !== target.write.address || slot.state !== 'ready') {
      found.push(
        `${write.name}/${slot?.name ?? '?'} is ${slot?.state ?? 'missing'} at ${slot?.address ?? 'no address'}, ` +
          `expected ready at ${target.write.address}`,
      );
    }
  }
  const wanted = uniqueServers(target.read);
  const open = read.slots.filter((slot) => slot.state !== 'maint');
  for (const server of wanted) {
    if (open.some((slot) => slot.address === server.address && slot.state === 'ready')) continue;
    found.push(
      wanted.length > read.slots.length
        ? `${read.name} has ${read.slots.length} server slots, the route names ${wanted.length} read servers: no slot ` +
            `for ${server.name}; give it more slots (readSlots of \`dcmha router config\`)`
        : `${read.name} does not send reads to ${server.address}`,
    );
  }
  const allowed = new Set(wanted.map((server) => server.address));
  for (const slot of open) {
    if (slot.address === null || !allowed.delete(slot.address)) {
      found.push(`${read.name}/${slot.name} sends reads to ${slot.address}, which it should not`);
    }
  }
  for (const backend of [write, read]) {
    for (const slot of backend.slots) {
      if (slot.state === 'maint' && (slot.sessions ?? 0) > 0) {
        found.push(`${slot.sessions} sessions are still on ${backend.name}/${slot.name}, which is closed`);
      }
    }
  }
  return found;
}

/** The first slot is the one that is used; a backend with more is reported, and the others are kept closed. */
function writeSlot(actual: ProxyState): Slot | undefined {
  return actual.write.slots[0];
}

function closeSlot(backend: BackendState, slot: Slot, right: boolean): string[] {
  const server = `${backend.name}/${slot.name}`;
  if (slot.state === 'maint') return (slot.sessions ?? 0) > 0 ? [`shutdown sessions server ${server}`] : [];
  return right ? [] : [`set server ${server} state maint`, `shutdown sessions server ${server}`];
}

function openSlot(backend: BackendState, slot: Slot, server: ResolvedServer): string[] {
  const name = `${backend.name}/${slot.name}`;
  const commands: string[] = [];
  if (slot.address !== server.address)
    commands.push(`set server ${name} addr ${server.ip} port ${server.port}`);
  if (slot.state !== 'ready') commands.push(`set server ${name} state ready`);
  return commands;
}

function uniqueServers(servers: readonly ResolvedServer[]): ResolvedServer[] {
  return [...new Map(servers.map((server) => [server.address, server])).values()];
}
