import { statement } from '../connection/statement.js';
import { refusal, type Operation } from '../instance/operation.js';
import { isOn } from '../status/parse-values.js';

/**
 * Makes the server come up closed after every restart; what it is now is not changed.
 * @returns false when it was persisted already
 * @throws InstanceError `UNSUPPORTED` where only the configuration file can do that; the remedy says which line
 */
export async function persistClosed(op: Operation): Promise<boolean> {
  const { persistClosed: sql, persistClosedByFile } = op.dialect.statements;
  if (sql === null) {
    throw refusal(
      op,
      'UNSUPPORTED',
      'persist closed',
      'this server cannot persist variables',
      `Write "${persistClosedByFile}" under [mysqld] in its configuration file.`,
    );
  }
  const [set] = await op.session.run([
    statement(
      'read persisted variables',
      "SELECT VARIABLE_VALUE AS value FROM performance_schema.persisted_variables WHERE VARIABLE_NAME = 'super_read_only'",
    ),
  ]);
  if (isOn(set?.rows[0]?.['value'])) return false;
  await op.session.run([statement('persist closed', sql)]);
  return true;
}
