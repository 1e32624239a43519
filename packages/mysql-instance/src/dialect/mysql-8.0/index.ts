import type { Dialect } from '../dialect.js';
import { channelColumns } from './channel-columns.js';
import { features } from './features.js';
import { statements } from './statements.js';
import { variables } from './variables.js';

/** MySQL 8.0.26 up to 8.3: source and replica words everywhere except RESET MASTER. From the manual. */
export const mysql80: Dialect = {
  name: 'mysql-8.0',
  flavor: 'mysql',
  statements,
  variables,
  channelColumns,
  features,
};
