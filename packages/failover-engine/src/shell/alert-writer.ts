import type { GroupOwner, Logger, Store, StoreOp } from '@dcmha/zk-schema';
import { alertNodes, sameKind } from '../core/alert-nodes.js';
import type { Evaluation } from '../core/decide.js';
import type { GroupView } from '../core/model.js';
import type { Clock } from '../ports.js';
import type { TreeMirror } from './tree-mirror.js';

export interface AlertWriterOptions {
  readonly store: Store;
  readonly owner: GroupOwner;
  readonly mirror: TreeMirror;
  readonly engineId: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

const writeTimeoutMs = 5_000;
/** The mirror shows what was written a moment later; until then nothing is compared. */
const settleMs = 100;

/** Raises and removes the alerts of one group in ZooKeeper: a lost heartbeat, replicas that are not read from. */
export class AlertWriter {
  readonly #o: AlertWriterOptions;
  #busy = false;

  constructor(options: AlertWriterOptions) {
    this.#o = options;
  }

  /** Brings the tree to what the evaluation says; the next evaluation does what could not be done now. */
  sync(view: GroupView, evaluation: Evaluation): void {
    if (this.#busy) return;
    const { owner, logger, clock } = this.#o;
    const { group } = owner;
    let ops: StoreOp[];
    try {
      ops = this.#ops(view, evaluation);
    } catch (error) {
      logger.warn(`alerts of ${group} cannot be compared: ${text(error)}`, { group });
      return;
    }
    if (ops.length === 0) return;
    this.#busy = true;
    void owner
      .multi(ops, { timeoutMs: writeTimeoutMs })
      .catch((error: unknown) => {
        logger.debug(`alerts of ${group} are not written yet: ${text(error)}`, { group });
      })
      .then(() => clock.sleep(settleMs))
      .finally(() => (this.#busy = false));
  }

  #ops(view: GroupView, evaluation: Evaluation): StoreOp[] {
    const { store, owner, mirror, engineId, clock } = this.#o;
    const { group } = owner;
    const ops: StoreOp[] = [];
    const sinceMs = Math.round(clock.wallMs());
    const { watchDown, outOfPool } = alertNodes(view, evaluation);

    const raised = mirror.value('watchDown', { group });
    if (typeof watchDown === 'string') {
      if (raised === null || !sameKind(raised.reason, watchDown)) {
        const server = view.primary?.primary;
        const value = {
          reason: watchDown,
          sinceMs,
          by: engineId,
          ...(server === undefined ? {} : { server }),
        };
        ops.push(store.watchDown.opWrite({ group }, value, { version: raised === null ? 'absent' : 'any' }));
      }
    } else if (watchDown === null && raised !== null) {
      ops.push(store.watchDown.opDelete({ group }, { version: 'any' }));
    }

    for (const [server, reason] of outOfPool) {
      const there = mirror.value('slavedown', { server });
      if (reason === null) {
        if (there !== null) ops.push(store.slavedown.opDelete({ server }, { version: 'any' }));
      } else if (there === null || !sameKind(there.reason, reason)) {
        const value = { group, reason, sinceMs, by: engineId };
        ops.push(store.slavedown.opWrite({ server }, value, { version: there === null ? 'absent' : 'any' }));
      }
    }
    return ops;
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
