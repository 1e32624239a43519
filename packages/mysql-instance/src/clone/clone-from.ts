import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceAddress } from '../address/instance-address.js';
import { numeral, quote } from '../connection/quote.js';
import { statement, type SqlRunner, type Statement } from '../connection/statement.js';
import { fill } from '../dialect/fill-template.js';
import { isInstanceError } from '../errors/instance-error.js';
import { isClosed, readWriteState } from '../fence/write-state.js';
import { refusal, type Operation } from '../instance/operation.js';
import { toNumber } from '../status/parse-values.js';

export interface CloneOptions {
  /** Account on the donor with BACKUP_ADMIN. */
  readonly user: string;
  readonly password: string;
  /** TLS to the donor. Default false. */
  readonly ssl?: boolean;
  readonly onProgress?: (progress: CloneProgress) => void;
  /** How often progress is read. Default 500 ms. */
  readonly progressEveryMs?: number;
}

export interface CloneProgress {
  /** `DROP DATA`, `FILE COPY`, `PAGE COPY`, `REDO COPY`, `FILE SYNC`, `RESTART` or `RECOVERY`. */
  readonly stage: string;
  readonly doneBytes: number;
  /** 0 while unknown. */
  readonly totalBytes: number;
  readonly elapsedMs: number;
}

/**
 * `stopped`: the data is there, the server has shut itself down and somebody must start it. `restarting`: the connection
 * ended after the copy, so a supervisor restarts it, or it died: read its GTIDs when it is back.
 */
export type CloneOutcome = 'stopped' | 'restarting';

/** ER_RESTART_SERVER_FAILED: not managed by a supervisor. */
const NOT_SUPERVISED = 3707;
const PROGRESS_EVERY_MS_DEFAULT = 500;

/**
 * Replaces all data of this server by a copy of the donor's with the clone plugin ("The Clone Plugin" in the MySQL manual,
 * 8.0.17 and newer, same version on both sides, plugin installed on both). Everything this server had is gone.
 *
 * @throws InstanceError `UNSUPPORTED` without the plugin, before anything is changed
 */
export async function cloneFrom(
  op: Operation,
  donor: InstanceAddress,
  options: CloneOptions,
): Promise<CloneOutcome> {
  await requirePlugin(op);
  const helper = await op.openHelper();
  try {
    const wasClosed = await prepareRecipient(op, donor);
    return await cloneWith(op, helper, donor, options).catch(async (error: unknown) => {
      if (wasClosed) await closeAgain(op);
      throw error;
    });
  } finally {
    helper.end();
  }
}

async function cloneWith(
  op: Operation,
  helper: SqlRunner,
  donor: InstanceAddress,
  options: CloneOptions,
): Promise<CloneOutcome> {
  const stop = new AbortController();
  const progress = tellProgress(op, options, stop.signal);
  try {
    await helper.run([cloneStatement(donor, options)]);
    return 'restarting';
  } catch (error) {
    if (isInstanceError(error) && error.errno === NOT_SUPERVISED) return 'stopped';
    if (isInstanceError(error, 'LOST') || isInstanceError(error, 'STARTING')) return 'restarting';
    throw error;
  } finally {
    stop.abort();
    await progress;
  }
}

/**
 * CLONE is refused under super_read_only (MySQL 9.7); read_only may stay, so nobody without privileges can write
 * meanwhile. Returns whether the server was closed.
 */
async function prepareRecipient(op: Operation, donor: InstanceAddress): Promise<boolean> {
  const [state] = await op.session.run([
    readWriteState(op.dialect),
    statement(
      'allow the donor',
      `SET GLOBAL clone_valid_donor_list = ${quote(`${donor.host}:${donor.port}`)}`,
    ),
    statement('let privileged accounts write', 'SET GLOBAL super_read_only = OFF'),
  ]);
  return isClosed(op.dialect, state);
}

async function closeAgain(op: Operation): Promise<void> {
  try {
    await op.session.run([fill(op.dialect, 'close', 'close for writes')]);
  } catch (error) {
    // The failure of the clone is what the caller has to hear of.
    if (!isInstanceError(error)) throw error;
  }
}

async function requirePlugin(op: Operation): Promise<void> {
  if (op.dialect.features.clone) {
    const [set] = await op.session.run([
      statement(
        'look for the clone plugin',
        "SELECT PLUGIN_STATUS AS status FROM information_schema.PLUGINS WHERE PLUGIN_NAME = 'clone'",
      ),
    ]);
    if (set?.rows[0]?.['status'] === 'ACTIVE') return;
  }
  throw refusal(
    op,
    'UNSUPPORTED',
    'clone',
    'the clone plugin is not active on this server',
    op.dialect.features.clone
      ? "Run: INSTALL PLUGIN clone SONAME 'mysql_clone.so'; on both servers."
      : 'Rebuild it from a backup.',
  );
}

function cloneStatement(donor: InstanceAddress, options: CloneOptions): Statement {
  const account = `${quote(options.user)}@${quote(donor.host)}:${numeral(donor.port)}`;
  const tls = options.ssl === true ? 'REQUIRE SSL' : 'REQUIRE NO SSL';
  return {
    ...statement('clone', `CLONE INSTANCE FROM ${account} IDENTIFIED BY ${quote(options.password)} ${tls}`),
    secrets: [options.password, quote(options.password).slice(1, -1)],
  };
}

/** Ends when told so, and when the server cannot be asked any more: it goes down at the end. */
async function tellProgress(op: Operation, options: CloneOptions, signal: AbortSignal): Promise<void> {
  const { onProgress, progressEveryMs = PROGRESS_EVERY_MS_DEFAULT } = options;
  if (onProgress === undefined) return;
  while (!signal.aborted && !op.deadline.expired) {
    await sleep(progressEveryMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    try {
      const [set] = await op.session.run([
        statement(
          'read progress',
          "SELECT STAGE AS stage, DATA AS done, ESTIMATE AS total FROM performance_schema.clone_progress WHERE STATE = 'In Progress'",
        ),
      ]);
      const row = set?.rows[0];
      if (row === undefined) continue;
      onProgress({
        stage: row['stage'] ?? '',
        doneBytes: toNumber(row['done']),
        totalBytes: toNumber(row['total']),
        elapsedMs: op.deadline.elapsedMs(),
      });
    } catch (error) {
      if (isInstanceError(error)) return;
      throw error;
    }
  }
}
