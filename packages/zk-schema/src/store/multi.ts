import { MultiError } from '@dcmha/zk-client';
import type { CallOptions, OpResult } from '@dcmha/zk-client';
import type { StoreContext } from './context.js';
import { ensureParents } from './parents.js';
import type { StoreOp } from './store-op.js';

/**
 * Carries out all operations or none. Where a creation finds its parents missing they are made (they are folders and
 * hold nothing) and all is tried again.
 * @throws MultiError naming the operation (its index in `ops`) that was refused.
 */
export async function runMulti(
  context: StoreContext,
  ops: readonly StoreOp[],
  options: CallOptions = {},
): Promise<OpResult[]> {
  const plain = ops.map(({ op }) => op);
  // Each attempt makes the parents of one operation at least.
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await context.zk.multi(plain, options);
    } catch (error) {
      const lacking = parentless(error, ops);
      if (lacking === null || attempt > ops.length) throw error;
      await ensureParents(context, lacking, options);
    }
  }
}

function parentless(error: unknown, ops: readonly StoreOp[]): string | null {
  if (!(error instanceof MultiError) || error.code !== 'NO_NODE') return null;
  const failed = ops[error.index]?.op;
  return failed?.type === 'create' ? failed.path : null;
}
