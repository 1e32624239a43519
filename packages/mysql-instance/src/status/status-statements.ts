import { statement, type Statement } from '../connection/statement.js';
import type { Dialect } from '../dialect/dialect.js';

/** The statements of one status snapshot, sent together; `parseStatus` reads their results in this order. */
export function statusStatements(dialect: Dialect): readonly Statement[] {
  const { snapshot, optional } = dialect.variables;
  const columns = Object.entries(snapshot).map(([column, expression]) => `${expression} AS ${column}`);
  const named = Object.keys(optional).map((name) => `'${name}'`);
  const others = named.length === 0 ? '' : ` OR Variable_name IN (${named.join(', ')})`;
  const statements = [
    statement('read variables', `SELECT ${columns.join(', ')}`),
    statement(
      'read semi-sync variables',
      named.length === 0
        ? "SHOW GLOBAL VARIABLES LIKE 'rpl\\_semi\\_sync\\_%'"
        : `SHOW GLOBAL VARIABLES WHERE Variable_name LIKE 'rpl\\_semi\\_sync\\_%'${others}`,
    ),
    statement(
      'read status counters',
      "SHOW GLOBAL STATUS WHERE Variable_name LIKE 'Rpl\\_semi\\_sync\\_%' OR Variable_name IN ('Uptime', 'Threads_connected')",
    ),
    statement('read channels', dialect.statements.showChannels),
  ];
  if (dialect.statements.channelActivity !== null) {
    statements.push(statement('read heartbeats', dialect.statements.channelActivity));
  }
  return statements;
}
