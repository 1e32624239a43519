import type { BinlogInventory } from '../inventory/binlog-inventory.js';
import type { DumpRequest } from './dump-request.js';
import { MariadbSelection } from './mariadb-selection.js';
import { MysqlSelection } from './mysql-selection.js';
import type { Selection } from './selection.js';

/**
 * The selection for a request by GTIDs; `null` for one by position, which gets everything behind it.
 * @throws SqlError when the request cannot be served
 */
export function selectionFor({ from }: DumpRequest, inventory: BinlogInventory): Selection | null {
  switch (from.kind) {
    case 'position':
      return null;
    case 'gtids':
      return new MysqlSelection(from.gtids, inventory);
    case 'state':
      return new MariadbSelection(from.state, inventory);
  }
}
