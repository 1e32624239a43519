import type { StatementTexts } from '../dialect.js';
import { statements as newer } from '../mysql-8.4/statements.js';

/** RESET BINARY LOGS AND GTIDS and SHOW BINARY LOG STATUS came with 8.2; the older words work up to 8.3. */
export const statements: StatementTexts = {
  ...newer,
  binlogStatus: 'SHOW MASTER STATUS',
  resetGtids: 'RESET MASTER',
};
