import type { StatementTexts } from '../dialect.js';
import { statements as older } from '../mysql-5.7/statements.js';
import { statements as newer } from '../mysql-8.0/statements.js';

/** The old words with what 8.0 added: receive times in performance_schema and persisted variables. */
export const statements: StatementTexts = {
  ...older,
  channelActivity: newer.channelActivity,
  persistClosed: newer.persistClosed,
};
