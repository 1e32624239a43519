import type { StatementTexts } from '../dialect.js';
import { statements as newer } from '../mysql-8.4/statements.js';

/** RESET BINARY LOGS AND GTIDS came with 8.2; RESET MASTER works up to 8.3. */
export const statements: StatementTexts = { ...newer, resetGtids: 'RESET MASTER' };
