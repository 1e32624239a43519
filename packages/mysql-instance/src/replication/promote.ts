import type { Statement } from '../connection/statement.js';
import { openWrites } from '../fence/open-writes.js';
import { refusal, type Operation } from '../instance/operation.js';
import {
  semisyncReplica,
  semisyncSourceOff,
  semisyncSourceOn,
  type SemisyncSourceSettings,
} from '../semisync/semisync-statements.js';
import { durabilityStatement } from './durability.js';
import { readChannels } from './read-channels.js';
import { rotateBinlogAbove } from './rotate-binlog.js';
import { resetReplication, stopReceiver } from './threads.js';
import { isApplied } from './wait-applied.js';

export interface PrepareSourceOptions {
  /** Null: semi-sync's source side off. */
  readonly semisync: SemisyncSourceSettings | null;
  /** Every commit on disk before it is answered (1 and 1). Default true. */
  readonly durable?: boolean;
  /** Begin a new binlog file when the present one is larger; see `rotateBinlogAbove`. Default 16 MiB; Infinity: never. */
  readonly rotateBinlogAboveBytes?: number;
}

export const ROTATE_BINLOG_ABOVE_BYTES_DEFAULT = 16 * 1024 * 1024;

/**
 * Settings of a primary, before its writes are opened, and a short binlog file for the replicas to begin with. Only when nothing is left to apply: semi-sync's
 * source side would block the applier.
 *
 * @throws InstanceError `UNSUPPORTED` when semi-sync is wanted and not installed
 */
export async function prepareSource(op: Operation, options: PrepareSourceOptions): Promise<void> {
  const statements: Statement[] = [];
  if (options.durable ?? true) statements.push(durabilityStatement(op.dialect, 'durable'));
  if (options.semisync !== null) statements.push(semisyncSourceOn(op, options.semisync));
  else if (op.semisync?.source === true) statements.push(semisyncSourceOff(op.semisync.names));
  if (op.semisync?.replica === true) statements.push(semisyncReplica(op.semisync.names, false));
  if (statements.length > 0) await op.session.run(statements);
  await rotateBinlogAbove(op, options.rotateBinlogAboveBytes ?? ROTATE_BINLOG_ABOVE_BYTES_DEFAULT);
}

export interface PromoteOptions extends PrepareSourceOptions {
  /** False: everything but the opening, which the caller does with `openWrites`. */
  readonly openWrites: boolean;
}

export interface PromoteResult {
  /** Until writes were open; null when not asked for. */
  readonly openedAfterMs: number | null;
  readonly elapsedMs: number;
}

/**
 * Makes the server a primary: receivers stopped, everything received applied (checked), settings of a source, open, and
 * the old source forgotten last, because a source that nobody listens to harms nothing and forgetting it takes longest.
 *
 * @throws InstanceError; `PRECONDITION` when received transactions are not applied (`waitForRelayLogApplied` first)
 */
export async function promote(op: Operation, options: PromoteOptions): Promise<PromoteResult> {
  const channels = await readChannels(op);
  for (const { name } of channels) await stopReceiver(op, { channel: name });
  for (const { name, receivedGtids } of channels.length === 0 ? [] : await readChannels(op)) {
    if (receivedGtids !== '' && !(await isApplied(op, op.session, receivedGtids))) {
      throw refusal(
        op,
        'PRECONDITION',
        'promote',
        `channel '${name}' has received transactions that are not applied`,
        'Wait with waitForRelayLogApplied first.',
      );
    }
  }
  await prepareSource(op, options);
  let openedAfterMs: number | null = null;
  if (options.openWrites) {
    await openWrites(op);
    openedAfterMs = op.deadline.elapsedMs();
  }
  for (const { name } of channels) await resetReplication(op, { channel: name });
  return { openedAfterMs, elapsedMs: op.deadline.elapsedMs() };
}
