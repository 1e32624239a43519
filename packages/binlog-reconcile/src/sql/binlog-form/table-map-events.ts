import { EventType, type RawEvent } from '../../events/index.js';
import { tableIdOf } from '../../rows/rows-event.js';
import type { TableMap, Transaction } from '../../rows/model.js';

/** Finds the TABLE_MAP events of a transaction, which row events need before them. */
export class TableMapEvents {
  readonly #byId = new Map<number, RawEvent>();

  constructor(transaction: Transaction) {
    for (const event of transaction.events()) {
      if (event.type === EventType.TableMap) this.#byId.set(tableIdOf(event), event);
    }
  }

  /** The event that describes this table. */
  of(table: TableMap): RawEvent {
    const event = this.#byId.get(table.tableId);
    if (event === undefined) throw new TypeError(`No TABLE_MAP event for ${table.schema}.${table.table}`);
    return event;
  }
}
