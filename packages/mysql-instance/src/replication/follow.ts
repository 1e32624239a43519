import type { InstanceAddress } from '../address/instance-address.js';
import { statement, type Statement } from '../connection/statement.js';
import { fill } from '../dialect/fill-template.js';
import { isClosed } from '../fence/write-state.js';
import { refusal, type Operation } from '../instance/operation.js';
import { requireSemisync, semisyncReplica } from '../semisync/semisync-statements.js';
import { turnSourceOff } from '../semisync/turn-source-off.js';
import type { ChannelStatus } from '../status/instance-status.js';
import { parseChannelActivity } from '../status/parse-channel-activity.js';
import { parseChannel } from '../status/parse-channel.js';
import { isOn } from '../status/parse-values.js';
import { changeSourceStatement, HEARTBEAT_PERIOD_MS_DEFAULT } from './change-source.js';
import { durabilityStatement } from './durability.js';
import type { FollowOptions, FollowPath, FollowResult } from './follow-options.js';
import { planFollow } from './plan-follow.js';
import { readChannels } from './read-channels.js';
import { startApplier, stopReceiver } from './threads.js';
import { waitForRelayLogApplied } from './wait-applied.js';
import { isApplied } from './applied.js';

interface Facts {
  readonly channel: ChannelStatus | undefined;
  readonly closed: boolean;
  readonly semisyncSourceNow: boolean;
  readonly semisyncReplicaNow: boolean | undefined;
}

/**
 * Makes the server replicate from `source` with GTIDs, closed for writes. Safe to repeat.
 *
 * Fast where it counts: with semi-sync, writes on the new primary wait until a replica is connected. So the receiver goes
 * first, all in one round trip, and the applier keeps running, which also keeps received relay log (with both threads
 * stopped CHANGE throws it away). Semi-sync's source side is turned off after that, for it takes longest, and before a
 * stopped applier is started, which it would block.
 *
 * @throws InstanceError; `PRECONDITION` when received transactions would be thrown away
 */
export async function follow(
  op: Operation,
  source: InstanceAddress,
  options: FollowOptions,
): Promise<FollowResult> {
  if (options.semisyncReplica) requireSemisync(op, 'replica');
  const facts = await readFacts(op, options.channel ?? '');
  const path = planFollow({
    channel: facts.channel,
    source,
    options: {
      user: options.user,
      heartbeatPeriodMs: options.heartbeatPeriodMs ?? HEARTBEAT_PERIOD_MS_DEFAULT,
      semisyncReplica: options.semisyncReplica,
    },
    semisyncReplicaNow: facts.semisyncReplicaNow,
    changeWhileApplying: op.dialect.features.changeWhileApplying,
  });
  await guardUnapplied(op, facts.channel, path, options);
  const first = [
    ...beforeStatements(op, facts, options),
    ...receiverStatements(op, source, options, path, facts.channel),
  ];
  if (first.length > 0) await op.session.run(first);
  await finish(op, facts, options, path);
  return { source, path, elapsedMs: op.deadline.elapsedMs() };
}

async function readFacts(op: Operation, name: string): Promise<Facts> {
  const { dialect, semisync } = op;
  const { readOnly, superReadOnly } = dialect.variables.snapshot;
  const columns = [`${readOnly} AS readOnly`, `${superReadOnly} AS superReadOnly`];
  if (semisync?.source === true) columns.push(`@@GLOBAL.${semisync.names.sourceEnabled} AS sourceEnabled`);
  if (semisync?.replica === true) columns.push(`@@GLOBAL.${semisync.names.replicaEnabled} AS replicaEnabled`);
  const statements = [
    statement('read variables', `SELECT ${columns.join(', ')}`),
    statement('read channels', dialect.statements.showChannels),
  ];
  if (dialect.statements.channelActivity !== null) {
    statements.push(statement('read heartbeats', dialect.statements.channelActivity));
  }
  const [variables, channels, activity] = await op.session.run(statements);
  const row = variables?.rows[0] ?? {};
  const ages = parseChannelActivity(activity?.rows ?? []);
  const found = (channels?.rows ?? []).find((one) => (one[dialect.channelColumns.name] ?? '') === name);
  const closed = isClosed(dialect, variables);
  return {
    channel: found === undefined ? undefined : parseChannel(found, dialect, ages.get(name), 0),
    closed,
    semisyncSourceNow: isOn(row['sourceEnabled']),
    semisyncReplicaNow: semisync?.replica === true ? isOn(row['replicaEnabled']) : undefined,
  };
}

/** Received transactions that would be thrown away are applied first, or the call is refused. */
async function guardUnapplied(
  op: Operation,
  channel: ChannelStatus | undefined,
  path: FollowPath,
  options: FollowOptions,
): Promise<void> {
  if (channel === undefined || options.discardUnapplied === true) return;
  const throwsAway = path === 'full' || (path === 'receiver' && channel.applier === 'stopped');
  if (!throwsAway) return;
  if (channel.applier === 'stopped' && channel.lastApplierError !== null) {
    if (channel.receivedGtids === '' || (await isApplied(op.dialect, op.session, channel.receivedGtids)))
      return;
    throw unapplied(op, `the applier stopped with error ${channel.lastApplierError.errno}`);
  }
  await stopReceiver(op, options);
  const [stopped] = (await readChannels(op)).filter(({ name }) => name === channel.name);
  if (stopped === undefined || stopped.receivedGtids === '') return;
  if (await isApplied(op.dialect, op.session, stopped.receivedGtids)) return;
  if (stopped.applier === 'stopped') await startApplier(op, options);
  if (await waitForRelayLogApplied(op, { channel: channel.name })) return;
  throw unapplied(op, 'the time was over before everything received was applied');
}

function unapplied(op: Operation, why: string): Error {
  return refusal(
    op,
    'PRECONDITION',
    'change the source',
    `received transactions are not applied (${why}), and changing the source now would throw them away`,
    'Let the applier finish first, or allow discardUnapplied.',
  );
}

/** What must hold before the receiver connects. */
function beforeStatements(op: Operation, facts: Facts, options: FollowOptions): readonly Statement[] {
  const statements: Statement[] = [];
  if (!facts.closed) statements.push(fill(op.dialect, 'close', 'close for writes'));
  if (op.semisync?.replica === true && facts.semisyncReplicaNow !== options.semisyncReplica) {
    statements.push(semisyncReplica(op.semisync.names, options.semisyncReplica));
  }
  return statements;
}

function receiverStatements(
  op: Operation,
  source: InstanceAddress,
  options: FollowOptions,
  path: FollowPath,
  channel: ChannelStatus | undefined,
): readonly Statement[] {
  const { dialect } = op;
  const start = fill(dialect, 'startReceiver', 'start the receiver', options);
  switch (path) {
    case 'already':
      return [];
    case 'threads':
      return channel?.receiver === 'stopped' ? [start] : [];
    case 'receiver':
      return [
        fill(dialect, 'stopReceiver', 'stop the receiver', options),
        changeSourceStatement(dialect, source, options, false),
        start,
      ];
    case 'full': {
      const { beforeFirstChange } = dialect.statements;
      return [
        ...(channel === undefined ? [] : [fill(dialect, 'stopBoth', 'stop replication', options)]),
        ...(channel === undefined && beforeFirstChange !== null
          ? [statement('take over the own position', beforeFirstChange)]
          : []),
        changeSourceStatement(dialect, source, options, true),
        start,
      ];
    }
  }
}

/** What can wait until the receiver is on its way. */
async function finish(op: Operation, facts: Facts, options: FollowOptions, path: FollowPath): Promise<void> {
  const durability = durabilityStatement(op.dialect, options.durability);
  const needsApplier = path === 'full' || facts.channel?.applier === 'stopped';
  const start = needsApplier ? [fill(op.dialect, 'startApplier', 'start the applier', options)] : [];
  if (facts.semisyncSourceNow) await turnSourceOff(op);
  await op.session.run([durability, ...start]);
}
