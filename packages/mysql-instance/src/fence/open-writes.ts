import type { ResultSet, Statement } from '../connection/statement.js';
import { fill } from '../dialect/fill-template.js';
import type { InstanceError } from '../errors/instance-error.js';
import { refusal, type Operation } from '../instance/operation.js';
import { isOpen, readWriteState } from './write-state.js';

/**
 * Opens the server for writes and reads back that it is open, in one round trip.
 * @throws InstanceError; `READ_BACK` when something closed it again at once
 */
export async function openWrites(op: Operation): Promise<void> {
  assertOpened(op, (await op.session.run(openStatements(op))).at(-1));
}

/** The last one's result is for `assertOpened`. */
export function openStatements(op: Operation): readonly Statement[] {
  return [fill(op.dialect, 'open', 'open for writes'), readWriteState(op.dialect)];
}

export function assertOpened(op: Operation, readBack: ResultSet | undefined): void {
  if (!isOpen(readBack)) throw stillClosed(op);
}

function stillClosed(op: Operation): InstanceError {
  return refusal(
    op,
    'READ_BACK',
    'open for writes',
    'it was opened, and reading back shows it closed',
    'Look for another program that closes this server.',
  );
}
