import { statement, type SqlRunner } from '../connection/statement.js';
import { fill } from '../dialect/fill-template.js';
import { refusal, type Operation } from '../instance/operation.js';
import type { ChannelStatus } from '../status/instance-status.js';
import { isApplied, saysApplied } from './applied.js';
import { readChannels } from './read-channels.js';

/** The server is asked again, and progress told, this often. */
const SLICE_MS = 250;

export interface ApplyProgress {
  /** What has to be applied, as one GTID set or position. */
  readonly wanted: string;
  /** What is executed now. */
  readonly executed: string;
  readonly elapsedMs: number;
}

export interface WaitAppliedOptions {
  /** Channels to wait for; missing: all that replicate with GTIDs. */
  readonly channel?: string;
  readonly onProgress?: (progress: ApplyProgress) => void;
}

/**
 * Waits until the server has executed a GTID set (MySQL) or reached a GTID position (MariaDB).
 * @returns false when the time was over first
 * @throws InstanceError
 */
export async function waitForGtid(
  op: Operation,
  set: string,
  onProgress?: (progress: ApplyProgress) => void,
): Promise<boolean> {
  if (set === '') return true;
  // Nearly always it is there already: no second connection for that.
  if (await isApplied(op.dialect, op.session, set)) return true;
  const helper = await op.openHelper();
  try {
    while (op.deadline.remainingMs() > END_RESERVE_MS) {
      const sliceMs = Math.min(SLICE_MS, op.deadline.remainingMs() - END_RESERVE_MS);
      const [result] = await helper.run([
        fill(op.dialect, 'waitApplied', 'wait until applied', { set, timeoutS: Math.max(sliceMs, 1) / 1000 }),
      ]);
      if (saysApplied(result)) return true;
      onProgress?.({ wanted: set, executed: await executed(op, helper), elapsedMs: op.deadline.elapsedMs() });
    }
    return false;
  } finally {
    helper.end();
  }
}

/** Kept of the time, so that "not yet" is answered and not a timeout of the connection. */
const END_RESERVE_MS = 30;

/**
 * Waits until everything that the receiver has fetched is applied. Stop the receiver first when nothing more shall come.
 *
 * @returns false when the time was over first
 * @throws InstanceError `PRECONDITION` when the applier is stopped and something is left to apply
 */
export async function waitForRelayLogApplied(
  op: Operation,
  options: WaitAppliedOptions = {},
): Promise<boolean> {
  for (const channel of await readChannels(op)) {
    if (options.channel !== undefined && channel.name !== options.channel) continue;
    if (channel.receivedGtids === '') continue;
    if (channel.applier === 'stopped' && !(await isApplied(op.dialect, op.session, channel.receivedGtids))) {
      throw applierStopped(op, channel);
    }
    if (!(await waitForGtid(op, channel.receivedGtids, options.onProgress))) return false;
  }
  return true;
}

async function executed(op: Operation, runner: SqlRunner): Promise<string> {
  const [result] = await runner.run([
    statement('read executed GTIDs', `SELECT ${op.dialect.variables.snapshot.gtidExecuted} AS gtids`),
  ]);
  return result?.rows[0]?.['gtids'] ?? '';
}

function applierStopped(op: Operation, channel: ChannelStatus): Error {
  const error = channel.lastApplierError;
  return refusal(
    op,
    'PRECONDITION',
    'wait until applied',
    error === null
      ? `the applier of channel '${channel.name}' is stopped and received transactions are not applied`
      : `the applier of channel '${channel.name}' stopped with error ${error.errno}: ${error.message}`,
    'Start the applier (after removing the cause, if it stopped with an error).',
  );
}
