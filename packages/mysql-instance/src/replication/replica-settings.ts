import type { Statement } from '../connection/statement.js';
import type { Operation } from '../instance/operation.js';
import { requireSemisync, semisyncReplica } from '../semisync/semisync-statements.js';
import { turnSourceOff } from '../semisync/turn-source-off.js';
import { durabilityStatement, type Durability } from './durability.js';

export interface ReplicaSettings {
  readonly semisyncReplica: boolean;
  readonly durability: Durability;
}

/**
 * Settings of a replica without touching its threads: durability, semi-sync's replica side (counts from the receiver's
 * next connection on), source side off. Safe to repeat.
 */
export async function ensureReplicaSettings(op: Operation, settings: ReplicaSettings): Promise<void> {
  const statements: Statement[] = [durabilityStatement(op.dialect, settings.durability)];
  if (settings.semisyncReplica) statements.push(semisyncReplica(requireSemisync(op, 'replica'), true));
  else if (op.semisync?.replica === true) statements.push(semisyncReplica(op.semisync.names, false));
  await op.session.run(statements);
  await turnSourceOff(op);
}

/** Durability alone: `relaxed` while a candidate drains its relay log, `durable` before writes open. */
export async function setDurability(op: Operation, durability: Durability): Promise<void> {
  await op.session.run([durabilityStatement(op.dialect, durability)]);
}
