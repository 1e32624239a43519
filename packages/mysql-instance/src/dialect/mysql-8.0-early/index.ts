import type { Dialect } from '../dialect.js';
import { channelColumns } from './channel-columns.js';
import { features } from './features.js';
import { statements } from './statements.js';
import { variables } from './variables.js';

/** MySQL 8.0.0 up to 8.0.25: the words change between these versions; the old ones work in all. From the manual. */
export const mysql80Early: Dialect = {
  name: 'mysql-8.0-early',
  flavor: 'mysql',
  statements,
  variables,
  channelColumns,
  features,
};
