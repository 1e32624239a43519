import type { Dialect } from '../dialect.js';
import { channelColumns } from './channel-columns.js';
import { features } from './features.js';
import { statements } from './statements.js';
import { variables } from './variables.js';

/** MariaDB 10.5 and newer. Run on MariaDB 10.11. */
export const mariadb: Dialect = {
  name: 'mariadb',
  flavor: 'mariadb',
  statements,
  variables,
  channelColumns,
  features,
};
