import type { Dialect } from '../dialect.js';
import { channelColumns } from './channel-columns.js';
import { features } from './features.js';
import { statements } from './statements.js';
import { variables } from './variables.js';

/** MySQL 5.7. From the manual. */
export const mysql57: Dialect = {
  name: 'mysql-5.7',
  flavor: 'mysql',
  statements,
  variables,
  channelColumns,
  features,
};
