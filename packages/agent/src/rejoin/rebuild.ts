import {
  isInstanceError,
  statement,
  type CallOptions,
  type CloneProgress,
  type InstanceStatus,
  type MysqlInstance,
} from '@dcmha/mysql-instance';
import type { RejoinOptions, RejoinResult } from './rejoin-options.js';

const timeoutMs = 10_000;
const byHand = 'rebuild this server from a copy of the primary';

/**
 * What becomes of a server that replication cannot bring behind the primary as it is (`why`): its data is replaced by a
 * copy of the primary's where that is configured, else it stays closed. Nothing is changed before it is sure that both
 * servers can do it.
 */
export async function rebuild(
  options: RejoinOptions,
  source: MysqlInstance,
  own: InstanceStatus,
  why: string,
): Promise<RejoinResult> {
  const { clone, instance, primary, signal, stateFile, logger, progress } = options;
  if (clone === null) {
    return {
      kind: 'blocked',
      detail: `${why}; ${byHand}, or set rejoin.clone in the configuration of its agent`,
    };
  }
  const refusal = await cannotClone(instance, source, options);
  if (refusal !== null) return { kind: 'blocked', detail: `${why}; it cannot be cloned: ${refusal}` };

  logger.warn(`replacing its data by a copy of ${primary}: ${why}`);
  progress(`cloning ${primary}`);
  const before = await stateFile.read();
  await stateFile.write({
    serverUuid: own.serverUuid,
    step: 'clone',
    executed: own.gtidExecuted,
    compare: before?.compare ?? [],
  });
  await instance.resetReplication({ timeoutMs, signal });
  const outcome = await instance
    .cloneFrom(source.address, {
      ...options.mysql,
      timeoutMs: clone.timeoutMs,
      signal,
      onProgress: (step) => progress(progressText(primary, step)),
    })
    .catch(async (error: unknown) => {
      if (await isUntouched(instance)) await (before === null ? stateFile.remove() : stateFile.write(before));
      throw error;
    });
  const detail =
    outcome === 'stopped'
      ? `cloned ${primary}: mysqld has shut itself down to take the copy over, and nobody supervises it: waiting for it to be started`
      : `cloned ${primary}: waiting for mysqld to come back from its restart`;
  return { kind: 'restart', detail };
}

/** How the last clone into a server ended. */
export async function cloneState(
  instance: MysqlInstance,
  call: CallOptions,
): Promise<
  | { readonly completed: true; readonly source: string }
  | { readonly completed: false; readonly problem: string }
> {
  const [set] = await instance.query(
    [
      statement(
        'read the state of the clone',
        'SELECT STATE AS state, SOURCE AS source, ERROR_MESSAGE AS error FROM performance_schema.clone_status',
      ),
    ],
    call,
  );
  const row = set?.rows[0];
  if (row?.['state'] === 'Completed') return { completed: true, source: row['source'] ?? '' };
  const error = row?.['error'] ?? '';
  return { completed: false, problem: `${row?.['state'] ?? 'no clone is known'}${error && `: ${error}`}` };
}

/** Whether the clone ended before it removed anything. When in doubt it did not. */
async function isUntouched(instance: MysqlInstance): Promise<boolean> {
  try {
    const [set] = await instance.query(
      [
        statement(
          'read how far the clone came',
          "SELECT STATE AS state FROM performance_schema.clone_progress WHERE STAGE = 'DROP DATA'",
        ),
      ],
      { timeoutMs },
    );
    const state = set?.rows[0]?.['state'];
    return set !== undefined && (state === undefined || state === 'Not Started');
  } catch (error) {
    if (isInstanceError(error)) return false;
    throw error;
  }
}

/** Why not, with what to do; `null` when both servers can. */
async function cannotClone(
  instance: MysqlInstance,
  source: MysqlInstance,
  { signal, primary, server }: RejoinOptions,
): Promise<string | null> {
  for (const [name, one] of [
    [server, instance],
    [primary, source],
  ] as const) {
    try {
      const [set] = await one.query(
        [
          statement(
            'look for the clone plugin',
            "SELECT PLUGIN_STATUS AS status FROM information_schema.PLUGINS WHERE PLUGIN_NAME = 'clone'",
          ),
        ],
        { timeoutMs, signal },
      );
      if (set?.rows[0]?.['status'] === 'ACTIVE') continue;
    } catch (error) {
      if (!isInstanceError(error, 'ACCESS_DENIED')) throw error;
    }
    return `the clone plugin is not active on ${name} (INSTALL PLUGIN clone SONAME 'mysql_clone.so', MySQL 8.0.17 and newer); ${byHand}`;
  }
  return null;
}

function progressText(primary: string, { stage, doneBytes, totalBytes }: CloneProgress): string {
  const done = `${megabytes(doneBytes)} MB`;
  const share =
    totalBytes > 0 ? ` of ${megabytes(totalBytes)} MB (${Math.floor((100 * doneBytes) / totalBytes)} %)` : '';
  return `cloning ${primary}: ${stage.toLowerCase()} ${done}${share}`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
