import { EventType } from '../events/event-type.js';
import type { RawEvent } from '../events/raw-event.js';
import type { BinlogPosition, SchemaSource, Transaction } from '../rows/model.js';
import { TableMapCache } from '../rows/table/table-map-cache.js';
import { parseTableMap } from '../rows/table/table-map.js';
import { withSchema } from '../rows/table/with-schema.js';
import type { EventSource } from '../reading/source.js';
import { TransactionAssembler, type AssemblerFilter } from './assembler.js';
import { TornTransactionError } from './errors.js';
import { openPayload } from './open-payload.js';
import type { TransactionOptions } from './options.js';
import { tableFilter } from './table-filter.js';
import type { StoredTransaction } from './transaction.js';

const MEMORY_BYTES_MAX = 32 << 20;

/** Decoders last: a second pass over a binlog, or the next file, finds them made (and optimized). */
const selfDescribed = new TableMapCache();
const withSchemas = new WeakMap<SchemaSource, TableMapCache>();

function cacheOf(schema: SchemaSource): TableMapCache {
  let cache = withSchemas.get(schema);
  if (cache === undefined) withSchemas.set(schema, (cache = new TableMapCache()));
  return cache;
}

/**
 * The transactions of a source, oldest first; each is whole. Rows are decoded when asked for.
 * @throws BinlogError on damage, encryption, unknown events, missing table definitions; it names file and position
 * @throws TornTransactionError at the end, when the source ends inside a transaction and `onTorn` is not given
 */
export async function* transactions(
  source: EventSource,
  options: TransactionOptions = {},
): AsyncIterableIterator<Transaction> {
  const { schema, signal, onTorn } = options;
  const tables = schema === undefined ? selfDescribed : cacheOf(schema);
  if (options.from !== undefined && !(options.from instanceof Date)) source.startAt?.(options.from);
  if (options.to !== undefined && !(options.to instanceof Date)) source.endAt?.(options.to);
  const range = new Range(options);
  const assembler = new TransactionAssembler(
    tables,
    range,
    options.memoryBytesMax ?? MEMORY_BYTES_MAX,
    (file) => source.pathOf?.(file),
  );
  const learn = schema === undefined ? undefined : (event: RawEvent) => learnTable(event, tables, schema);

  for await (const { events, fileEnd } of source.batches()) {
    signal?.throwIfAborted();
    for (const event of events) {
      let whole: StoredTransaction | undefined;
      if (event.type === EventType.TransactionPayload) {
        whole = await addPayload(event, assembler, learn);
      } else {
        if (event.type === EventType.TableMap && learn !== undefined && assembler.wanted) await learn(event);
        whole = assembler.add(event);
      }
      if (range.passed) return;
      if (whole !== undefined) {
        try {
          yield whole;
        } finally {
          whole.release();
        }
        signal?.throwIfAborted();
      }
    }
    if (fileEnd !== undefined) {
      const torn = assembler.torn(fileEnd, fileEnd.cutBytes > 0);
      if (torn !== undefined) {
        if (onTorn === undefined) throw new TornTransactionError(torn);
        onTorn(torn);
      }
    }
  }
}

async function addPayload(
  payload: RawEvent,
  assembler: TransactionAssembler,
  learn: ((event: RawEvent) => Promise<void>) | undefined,
): Promise<StoredTransaction | undefined> {
  if (!assembler.beginPayload(payload)) return undefined;
  for await (const events of openPayload(payload)) {
    for (const event of events) {
      if (event.type === EventType.TableMap && learn !== undefined) await learn(event);
      assembler.add(event);
    }
  }
  return assembler.endPayload();
}

/** Asks the caller's schema about a table that is seen for the first time. */
async function learnTable(event: RawEvent, tables: TableMapCache, schema: SchemaSource): Promise<void> {
  if (tables.get(event) !== undefined) return;
  const parsed = parseTableMap(event);
  const known = await schema.lookup(parsed.schema, parsed.table);
  tables.add(event, known === undefined ? parsed : withSchema(parsed, known, event));
}

/** The part of the binlog, and the tables, that the caller wants. */
class Range implements AssemblerFilter {
  /** Nothing more can be wanted. */
  passed = false;
  readonly allTables: boolean;
  readonly wantsTable: (schema: string, table: string) => boolean;

  constructor(private readonly options: TransactionOptions) {
    this.allTables = options.tables === undefined;
    this.wantsTable = tableFilter(options.tables);
  }

  wantsTransaction(gtid: string | undefined, start: BinlogPosition, commitTimeUs: number): boolean {
    const { gtids, from, to } = this.options;
    if (to !== undefined && reached(to, start, commitTimeUs)) {
      this.passed = true;
      return false;
    }
    if (from !== undefined && !reached(from, start, commitTimeUs)) return false;
    return gtids === undefined || (gtid !== undefined && gtids.has(gtid));
  }
}

function reached(bound: BinlogPosition | Date, start: BinlogPosition, commitTimeUs: number): boolean {
  if (bound instanceof Date) return commitTimeUs >= bound.getTime() * 1000;
  const order = compareFiles(start.file, bound.file);
  return order > 0 || (order === 0 && start.position >= bound.position);
}

/** Servers number their files: `binlog.999999` is followed by `binlog.1000000`. */
function compareFiles(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}
