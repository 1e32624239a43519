import { MysqlInstance, statement } from '@dcmha/mysql-instance';
import { formatAddress, parseAddress } from '@dcmha/zk-schema';
import { undoErrant } from './flashback.js';
import type { RejoinOptions, RejoinResult } from './rejoin-options.js';
import { planRejoin } from './rejoin-plan.js';

const timeoutMs = 10_000;
/** Each turn takes the rejoin one step further; more would mean that the steps do not lead anywhere. */
const turnsMax = 5;

/**
 * Brings a closed server behind the primary. What it has and the primary has not is saved to files, undone, and its own
 * history forgotten, each step so that a rejoin that dies in it is taken up where it was.
 * @throws Error when a server cannot be reached or a step failed: to be tried again.
 */
export async function rejoin(options: RejoinOptions): Promise<RejoinResult> {
  const { instance, primary, policy, signal, logger, stateFile } = options;
  const deadline = { timeoutMs, signal };
  const source = new MysqlInstance({
    address: parseAddress(primary),
    ...options.mysql,
    applicationName: 'dcmha-agent',
  });
  try {
    for (let turn = 1; turn <= turnsMax; turn += 1) {
      const own = await instance.status(deadline);
      if (!own.readOnly) throw new Error('it is writable: it must be closed before it can rejoin');
      const theirs = await source.status(deadline);
      const plan = planRejoin({ server: own, primary: theirs, state: await stateFile.read() });
      switch (plan.kind) {
        case 'purged':
          return {
            kind: 'blocked',
            detail: `it lacks ${plan.missing}, which ${primary} has purged: rebuild it from a copy of the primary`,
          };
        case 'undo': {
          logger.warn(`it has transactions that ${primary} has not: ${plan.errant}`);
          await instance.resetReplication(deadline);
          const result = await undoErrant(options, plan.errant, plan.marker);
          if (result.kind === 'blocked') return result;
          break;
        }
        case 'forget':
          await stateFile.write({ purged: plan.purged, errant: plan.errant });
          await instance.resetReplication(deadline);
          await instance.query([statement('close', 'SET GLOBAL super_read_only = ON')], deadline);
          await instance.resetGtids(plan.purged, deadline);
          logger.warn(`its own history was forgotten; it holds ${plan.purged}`, { undone: plan.errant });
          break;
        case 'follow': {
          const result = await instance.follow(parseAddress(primary), {
            ...deadline,
            ...options.replication,
            heartbeatPeriodMs: policy.heartbeatPeriodMs,
            semisyncReplica: policy.durability.mode === 'semisync',
            durability: policy.replicaDurability,
          });
          await stateFile.remove();
          logger.info(`follows ${formatAddress(result.source)}`, {
            path: result.path,
            elapsedMs: Math.round(result.elapsedMs),
          });
          return { kind: 'following', detail: `follows ${primary} (${result.path})` };
        }
      }
    }
    throw new Error(`it is not behind ${primary} after ${turnsMax} steps`);
  } finally {
    source.close();
  }
}
