import { BinlogCorruptError } from '../../events/errors.js';
import type { RawEvent } from '../../events/raw-event.js';
import type { ParsedTableMap } from './table-map.js';
import { parseTableMap } from './table-map.js';

/** Definitions kept; past it the oldest is parsed (and its decoders made) again when it comes back. */
const ENTRIES_MAX = 1024;

/** Ids are 6 bytes; what follows defines the table. */
const ID_LENGTH = 6;

/** Parsed TABLE_MAP events by their bytes, so that tables are parsed, and decoders made, once for each definition. */
export class TableMapCache {
  readonly #byBody = new Map<string, ParsedTableMap>();
  /** By table id: the bytes last seen and what they gave. */
  readonly #byId = new Map<number, { body: Buffer; flavor: string; table: ParsedTableMap }>();

  /** The table, if an event with the same definition was {@link add}ed before. */
  get(event: RawEvent): ParsedTableMap | undefined {
    const { buffer, bodyStart, bodyEnd } = event;
    if (bodyEnd - bodyStart < ID_LENGTH)
      throw new BinlogCorruptError('a TABLE_MAP event without table', event);
    const id = buffer.readUIntLE(bodyStart, ID_LENGTH);
    const last = this.#byId.get(id);
    if (
      last !== undefined &&
      last.flavor === event.format.flavor &&
      last.body.compare(buffer, bodyStart, bodyEnd) === 0
    ) {
      return last.table;
    }
    const known = this.#byBody.get(definition(event));
    if (known === undefined) return undefined;
    const table = known.tableId === id ? known : known.withId(id);
    this.#remember(event, table);
    return table;
  }

  /** Remembers what an event means: the parsed table, or one that a schema added to. */
  add(event: RawEvent, table: ParsedTableMap): void {
    makeRoom(this.#byBody);
    this.#byBody.set(definition(event), table);
    this.#remember(event, table);
  }

  /** The table of an event, parsed if it was not before. */
  getOrParse(event: RawEvent): ParsedTableMap {
    let table = this.get(event);
    if (table === undefined) {
      table = parseTableMap(event);
      this.add(event, table);
    }
    return table;
  }

  #remember(event: RawEvent, table: ParsedTableMap): void {
    makeRoom(this.#byId);
    const { flavor } = event.format;
    this.#byId.set(table.tableId, { body: Buffer.from(event.body), flavor, table });
  }
}

/** Without its number; the two flavors describe columns in slightly different ways. */
function definition(event: RawEvent): string {
  const { buffer, bodyStart, bodyEnd, format } = event;
  return `${format.flavor} ${buffer.toString('latin1', bodyStart + ID_LENGTH, bodyEnd)}`;
}

/** Maps give the oldest entry first. */
function makeRoom(map: Map<unknown, unknown>): void {
  if (map.size < ENTRIES_MAX) return;
  const [oldest] = map.keys();
  map.delete(oldest);
}
