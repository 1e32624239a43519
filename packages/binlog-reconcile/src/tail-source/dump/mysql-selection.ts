import { GtidSet } from '../../gtid/gtid-set.js';
import type { BinlogInventory } from '../inventory/binlog-inventory.js';
import { sqlErrors } from '../protocol/sql-error.js';
import type { Selection } from './selection.js';

/** What a MySQL replica lacks that names the set of all transactions that it has. */
export class MysqlSelection implements Selection {
  readonly #missing: GtidSet;
  readonly #purged: GtidSet;

  constructor(
    private readonly has: GtidSet,
    private readonly inventory: BinlogInventory,
  ) {
    const { executed, purged } = inventory;
    if (!(executed instanceof GtidSet) || !(purged instanceof GtidSet)) {
      throw sqlErrors.fatalReading('this is the binlog of a MariaDB server: a MySQL replica cannot read it');
    }
    this.#missing = executed.subtract(has);
    this.#purged = purged;
  }

  async firstFile(): Promise<number> {
    const { has, inventory } = this;
    const index = has.contains(this.#purged)
      ? await inventory.newestFile((previous, isFirst) =>
          // A first file without a list was written before there were GTIDs: nothing can have been purged.
          previous instanceof GtidSet ? has.contains(previous) : isFirst,
        )
      : -1;
    if (index !== -1) return index;
    throw sqlErrors.fatalReading(
      'Cannot replicate because the source purged required binary logs. The oldest file of this dead server is ' +
        `${inventory.firstFile}; the replica lacks ${shortened(this.#purged.subtract(has).toString())}. ` +
        'Replicate the missing transactions from elsewhere, or provision a new replica',
    );
  }

  wants(gtid: string): boolean {
    return this.#missing.has(gtid);
  }

  finish(): void {
    // Every transaction was judged by itself.
  }
}

/** Error messages are limited to some 500 bytes at the other side. */
function shortened(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}...`;
}
