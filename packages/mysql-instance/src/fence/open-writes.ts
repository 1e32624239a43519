import { statement } from '../connection/statement.js';
import { fill } from '../dialect/fill-template.js';
import { refusal, type Operation } from '../instance/operation.js';
import { isOn } from '../status/parse-values.js';

/**
 * Opens the server for writes and reads back that it is open.
 * @throws InstanceError; `READ_BACK` when something closed it again at once
 */
export async function openWrites(op: Operation): Promise<void> {
  const { readOnly, superReadOnly } = op.dialect.variables.snapshot;
  const [, set] = await op.session.run([
    fill(op.dialect, 'open', 'open for writes'),
    statement('read back', `SELECT ${readOnly} AS readOnly, ${superReadOnly} AS superReadOnly`),
  ]);
  const row = set?.rows[0];
  if (isOn(row?.['readOnly']) || isOn(row?.['superReadOnly'])) {
    throw refusal(
      op,
      'READ_BACK',
      'open for writes',
      'it was opened, and reading back shows it closed',
      'Look for another program that closes this server.',
    );
  }
}
