import type { ResultSet, Statement } from '../connection/statement.js';
import { fill } from '../dialect/fill-template.js';
import type { InstanceError } from '../errors/instance-error.js';
import { assertOpened, openStatements } from '../fence/open-writes.js';
import { refusal, type Operation } from '../instance/operation.js';
import {
  semisyncReplica,
  semisyncSourceOff,
  semisyncSourceOn,
  type SemisyncSourceSettings,
} from '../semisync/semisync-statements.js';
import type { ChannelStatus } from '../status/instance-status.js';
import { isAppliedStatement, saysApplied } from './applied.js';
import { durabilityStatement } from './durability.js';
import { channelsOf, readChannels, readChannelsStatement } from './read-channels.js';
import { binlogBytesOf, binlogSizeStatement, rotateBinlogStatement } from './rotate-binlog.js';
import { resetReplication, stopReceiver } from './threads.js';

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
 * Settings of a primary, before its writes are opened, in one round trip; two when the binlog file is long. Only when nothing is left to apply: semi-sync's
 * source side would block the applier.
 *
 * @throws InstanceError `UNSUPPORTED` when semi-sync is wanted and not installed
 */
export async function prepareSource(op: Operation, options: PrepareSourceOptions): Promise<void> {
  const settings = sourceSettings(op, options);
  const sets = await op.session.run([...settings, binlogSizeStatement(op.dialect)]);
  if (needsRotation(sets.at(-1), options)) await op.session.run([rotateBinlogStatement(op.dialect)]);
}

function sourceSettings(op: Operation, options: PrepareSourceOptions): readonly Statement[] {
  const statements: Statement[] = [];
  if (options.durable ?? true) statements.push(durabilityStatement(op.dialect, 'durable'));
  if (options.semisync !== null) statements.push(semisyncSourceOn(op, options.semisync));
  else if (op.semisync?.source === true) statements.push(semisyncSourceOff(op.semisync.names));
  if (op.semisync?.replica === true) statements.push(semisyncReplica(op.semisync.names, false));
  return statements;
}

function needsRotation(binlogStatus: ResultSet | undefined, options: PrepareSourceOptions): boolean {
  return binlogBytesOf(binlogStatus) > (options.rotateBinlogAboveBytes ?? ROTATE_BINLOG_ABOVE_BYTES_DEFAULT);
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
  const settings = sourceSettings(op, options);
  const channels = await stopReceivers(op);
  const sets = await op.session.run([
    binlogSizeStatement(op.dialect),
    ...channels.map(({ receivedGtids }) => isAppliedStatement(op.dialect, receivedGtids)),
  ]);
  for (const [at, { name, receivedGtids }] of channels.entries()) {
    if (receivedGtids !== '' && !saysApplied(sets[at + 1])) throw notApplied(op, name);
  }
  const opened = await op.session.run([
    ...(needsRotation(sets[0], options) ? [rotateBinlogStatement(op.dialect)] : []),
    ...settings,
    ...(options.openWrites ? openStatements(op) : []),
  ]);
  if (options.openWrites) assertOpened(op, opened.at(-1));
  const openedAfterMs = options.openWrites ? op.deadline.elapsedMs() : null;
  for (const { name } of channels) await resetReplication(op, { channel: name });
  return { openedAfterMs, elapsedMs: op.deadline.elapsedMs() };
}

/** Stops all receivers and says what they have received; nearly always there is one, and one round trip does. */
async function stopReceivers(op: Operation): Promise<readonly ChannelStatus[]> {
  const [, set] = await op.session.run([
    fill(op.dialect, 'stopReceiver', 'stop the receiver'),
    readChannelsStatement(op.dialect),
  ]);
  const channels = channelsOf(op.dialect, set);
  const running = channels.filter(({ receiver }) => receiver !== 'stopped');
  if (running.length === 0) return channels;
  for (const { name } of running) await stopReceiver(op, { channel: name });
  return readChannels(op);
}

function notApplied(op: Operation, channel: string): InstanceError {
  return refusal(
    op,
    'PRECONDITION',
    'promote',
    `channel '${channel}' has received transactions that are not applied`,
    'Wait with waitForRelayLogApplied first.',
  );
}
