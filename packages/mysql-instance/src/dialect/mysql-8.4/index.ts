import type { Dialect } from '../dialect.js';
import { channelColumns } from './channel-columns.js';
import { features } from './features.js';
import { statements } from './statements.js';
import { variables } from './variables.js';

/** MySQL 8.4 and newer: the old words are gone. Run on MySQL 9.7. */
export const mysql84: Dialect = {
  name: 'mysql-8.4',
  flavor: 'mysql',
  statements,
  variables,
  channelColumns,
  features,
};
