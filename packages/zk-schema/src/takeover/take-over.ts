import type { CallOptions } from '@dcmha/zk-client';
import { isZooKeeperError } from '@dcmha/zk-client';
import type { NodeKey } from '../model/index.js';
import type { Store, StoreOp, Stored, VersionCondition } from '../store/index.js';
import type { TakeoverNode, TakeoverPlan, TakeoverUnit } from './takeover-plan.js';

/** The plan does not fit what is there: something was changed meanwhile, or is in the way. */
export class TakeoverError extends Error {
  override readonly name = 'TakeoverError';
  readonly problems: readonly { readonly path: string; readonly reason: string }[];

  constructor(problems: readonly { readonly path: string; readonly reason: string }[]) {
    const shown = problems.slice(0, 5).map(({ path, reason }) => `${path}: ${reason}`);
    const more = problems.length - shown.length;
    super(`cannot be taken over: ${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}`);
    this.problems = problems;
  }
}

export interface TakeOverOptions extends CallOptions {
  /** Also delete what nothing reads any more. Without it the original system could be started again. */
  readonly deleteObsolete?: boolean;
}

/**
 * Writes what the plan says, one multi for each group: all of a group or nothing of it. May be run again after it was
 * interrupted: what is there already is left as it is.
 * @returns the names of the units that were written.
 * @throws TakeoverError before anything is written, when the plan has problems or something stands in the way.
 */
export async function takeOver(
  store: Store,
  plan: TakeoverPlan,
  options: TakeOverOptions = {},
): Promise<string[]> {
  if (plan.problems.length > 0) throw new TakeoverError(plan.problems);
  const call = { signal: options.signal, timeoutMs: options.timeoutMs };
  const ready: { name: string; ops: StoreOp[] }[] = [];
  for (const unit of plan.units) {
    const ops = await unitOps(store, unit, options.deleteObsolete === true, call);
    if (ops.length > 0) ready.push({ name: unit.name, ops });
  }
  for (const { name, ops } of ready) {
    try {
      await store.multi(ops, call);
    } catch (error) {
      if (!isZooKeeperError(error, 'BAD_VERSION') && !isZooKeeperError(error, 'NODE_EXISTS')) throw error;
      throw new TakeoverError([{ path: error.path ?? name, reason: 'it was changed meanwhile: plan again' }]);
    }
  }
  return ready.map(({ name }) => name);
}

async function unitOps(
  store: Store,
  unit: TakeoverUnit,
  deleteObsolete: boolean,
  call: CallOptions,
): Promise<StoreOp[]> {
  const ops: StoreOp[] = [];
  for (const node of unit.nodes) {
    const op = await writeOp(store, node, call);
    if (op !== null) ops.push(op);
  }
  if (deleteObsolete) {
    for (const { node, path, version } of unit.obsolete) {
      if ((await store.zk.exists(path, call)) !== null)
        ops.push({ node, op: { type: 'delete', path, version } });
    }
  }
  return ops;
}

/** `null`: it is there already. */
async function writeOp(
  store: Store,
  { node, params, value }: TakeoverNode,
  call: CallOptions,
): Promise<StoreOp | null> {
  // Store, parameters and value are of one kind, which the compiler cannot follow.
  const nodes = store[node] as unknown as AnyNodeStore;
  const over = await nodes.read(params, call);
  if (over === null || over.legacy)
    return nodes.opWrite(params, value, { over, version: over === null ? 'absent' : over.version });
  if (JSON.stringify(over.value) === JSON.stringify(value)) return null;
  const reason = 'it holds another value of this system already: delete it, or leave it out';
  throw new TakeoverError([{ path: over.path, reason }]);
}

interface AnyNodeStore {
  read(params: object, call: CallOptions): Promise<Stored<NodeKey> | null>;
  opWrite(
    params: object,
    value: object,
    condition: { readonly over: Stored<NodeKey> | null; readonly version: VersionCondition },
  ): StoreOp;
}
