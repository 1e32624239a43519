import { MysqlInstance } from '@dcmha/mysql-instance';
import { formatAddress, parseAddress, type GroupPolicy, type Logger } from '@dcmha/zk-schema';
import { planRejoin } from '../core/rejoin-plan.js';

export interface RejoinOptions {
  readonly instance: MysqlInstance;
  readonly mysql: { readonly user: string; readonly password: string };
  readonly replication: { readonly user: string; readonly password: string };
  readonly primary: string;
  readonly policy: GroupPolicy;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

export type RejoinResult =
  | { readonly kind: 'following'; readonly detail: string }
  /** It must stay closed until somebody acts; `detail` says what is wrong and what to do. */
  | { readonly kind: 'blocked'; readonly detail: string; readonly errantGtids: string | null };

const timeoutMs = 10_000;

/**
 * Brings a closed server behind the primary, where that takes nothing away from it. The server is read before the primary:
 * what the primary commits in between can then not look errant.
 * @throws Error when either of them cannot be reached: to be tried again.
 */
export async function rejoin(options: RejoinOptions): Promise<RejoinResult> {
  const { instance, primary, policy, signal, logger, mysql } = options;
  const deadline = { timeoutMs, signal };
  const own = await instance.status(deadline);
  if (!own.closed) throw new Error('it is writable: it must be closed before it can rejoin');

  const source = new MysqlInstance({
    address: parseAddress(primary),
    ...mysql,
    applicationName: 'dcmha-agent',
  });
  try {
    const theirs = await source.status(deadline);
    const plan = planRejoin(own, theirs);
    if (plan.kind === 'errant') {
      return {
        kind: 'blocked',
        errantGtids: plan.gtids,
        detail: `it has transactions that ${primary} has not: ${plan.gtids}`,
      };
    }
    if (plan.kind === 'purged') {
      return {
        kind: 'blocked',
        errantGtids: null,
        detail: `it lacks ${plan.missing}, which ${primary} has purged: rebuild it from a copy of the primary`,
      };
    }
    // Semi-sync's source side of an old primary would block its own applier.
    const result = await instance.follow(parseAddress(primary), {
      ...deadline,
      ...options.replication,
      heartbeatPeriodMs: policy.heartbeatPeriodMs,
      semisyncReplica: policy.durability.mode === 'semisync',
      durability: policy.replicaDurability,
    });
    logger.info(`follows ${formatAddress(result.source)}`, {
      path: result.path,
      elapsedMs: Math.round(result.elapsedMs),
    });
    return { kind: 'following', detail: `follows ${primary} (${result.path})` };
  } finally {
    source.close();
  }
}
