import type { Statement } from '../connection/statement.js';
import type { Operation } from '../instance/operation.js';
import {
  requireSemisync,
  semisyncReplica,
  semisyncSourceOn,
  type SemisyncSourceSettings,
} from './semisync-statements.js';
import { turnSourceOff } from './turn-source-off.js';

export interface SemisyncRoles {
  /** Settings: on. Null: off. Missing: as it is. */
  readonly source?: SemisyncSourceSettings | null;
  /** Missing: as it is. Counts from the receiver's next connection on. */
  readonly replica?: boolean;
}

/**
 * Sets either side of semi-sync.
 * @throws InstanceError `UNSUPPORTED` when something is to be turned on that is not installed
 */
export async function setSemisync(op: Operation, roles: SemisyncRoles): Promise<void> {
  const statements: Statement[] = [];
  if (roles.replica === true) statements.push(semisyncReplica(requireSemisync(op, 'replica'), true));
  if (roles.replica === false && op.semisync?.replica === true) {
    statements.push(semisyncReplica(op.semisync.names, false));
  }
  if (roles.source) statements.push(semisyncSourceOn(op, roles.source));
  if (statements.length > 0) await op.session.run(statements);
  if (roles.source === null) await turnSourceOff(op);
}
