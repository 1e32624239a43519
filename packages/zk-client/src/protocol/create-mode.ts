import type { CreateMode } from '../api.js';
import { OpCode } from './op-code.js';

/** Flags of a create request (zookeeper-server `CreateMode`). */
const flags: Record<CreateMode, number> = {
  persistent: 0,
  ephemeral: 1,
  'persistent-sequential': 2,
  'ephemeral-sequential': 3,
  container: 4,
  'persistent-with-ttl': 5,
  'persistent-sequential-with-ttl': 6,
};

/** Longest time to live: the server keeps it in 40 bits (zookeeper-server `EphemeralType`). */
export const maxTtlMs = 0xff_ffff_ffff;

export function createFlags(mode: CreateMode): number {
  return flags[mode];
}

export function isCreateMode(mode: string): mode is CreateMode {
  return Object.hasOwn(flags, mode);
}

export function isSequential(mode: CreateMode): boolean {
  return mode.includes('sequential');
}

export function hasTtl(mode: CreateMode): boolean {
  return mode.endsWith('-with-ttl');
}

/** The request type that creates a node of this mode and answers with its stat. */
export function createOpCode(mode: CreateMode): number {
  if (mode === 'container') return OpCode.createContainer;
  return hasTtl(mode) ? OpCode.createTtl : OpCode.create2;
}
