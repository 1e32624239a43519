import { BinlogCorruptError } from '../events/errors.js';
import { EventType, eventTypeName } from '../events/event-type.js';
import { parseEvent } from '../events/parse-event.js';
import { formatXaId } from '../events/parsers/control.js';
import type { MariadbGtidEvent } from '../events/parsers/mariadb.js';
import type { MysqlGtidEvent } from '../events/parsers/mysql-gtid.js';
import { rowsTypeOf } from '../events/parsers/rows-header.js';
import type { RawEvent } from '../events/raw-event.js';
import { UnknownTableError } from '../rows/errors.js';
import type { BinlogPosition, TornTransaction, TransactionEnding } from '../rows/model.js';
import { tableIdOf } from '../rows/rows-event.js';
import type { TableMapCache } from '../rows/table/table-map-cache.js';
import type { ParsedTableMap } from '../rows/table/table-map.js';
import { EventStore } from './event-store.js';
import { isBegin } from './is-begin.js';
import { classifyStatement } from './statement-kind.js';
import { StoredTransaction } from './transaction.js';

/** Which transactions are kept. */
export interface AssemblerFilter {
  /** Asked when a transaction begins. */
  wantsTransaction(gtid: string | undefined, start: BinlogPosition, commitTimeUs: number): boolean;
  /** Tables whose rows are wanted. */
  wantsTable(schema: string, table: string): boolean;
  /** Whether every table is wanted. */
  readonly allTables: boolean;
}

/** A row event with this id changes nothing: it only ends a statement. */
const DUMMY_TABLE_ID = 0xff_ffff;

interface OpenTransaction {
  readonly first: RawEvent;
  readonly gtid: MysqlGtidEvent | MariadbGtidEvent | undefined;
  store: EventStore;
  /** Only transactions that the filter wants keep their events. */
  readonly wanted: boolean;
  readonly commitTimeUs: number;
  /** Between BEGIN and COMMIT: a statement does not end it. */
  begun: boolean;
  stored: RawEvent[] | undefined;
  last: RawEvent;
  byteSize: number;
  eventCount: number;
  xid: bigint | undefined;
  xaId: string | undefined;
  incident: string | undefined;
  /** Holds statements as text, or rows of a wanted table. */
  relevant: boolean;
  ending: TransactionEnding | undefined;
}

/**
 * Makes transactions of events: takes them one by one, and gives a transaction when its last event came. Opens no
 * payload itself: whoever feeds it adds the payload's events between {@link beginPayload} and {@link endPayload}.
 */
export class TransactionAssembler {
  #open: OpenTransaction | undefined;
  #maps = new Map<number, ParsedTableMap>();
  #inPayload: RawEvent | undefined;

  constructor(
    private readonly tables: TableMapCache,
    private readonly filter: AssemblerFilter,
    private readonly memoryBytesMax: number,
    private readonly pathOf: (file: string) => string | undefined,
  ) {}

  /** Whether the events of the open transaction are kept. */
  get wanted(): boolean {
    return this.#open?.wanted ?? false;
  }

  /** The transaction that is open, cut off at `end`. */
  torn({ file, position }: BinlogPosition, eventCut: boolean): TornTransaction | undefined {
    const end = { file, position };
    const open = this.#open;
    if (open === undefined)
      return eventCut ? { gtid: undefined, start: end, end, eventCount: 0, eventCut } : undefined;
    this.#open = undefined;
    open.store.release();
    if (!open.wanted) return undefined;
    const { gtid, first, eventCount } = open;
    return {
      gtid: gtid?.gtid,
      start: { file: first.file, position: first.position },
      end,
      eventCount,
      eventCut,
    };
  }

  /** Takes the next event; returns the transaction that it ends, if it is wanted. */
  add(event: RawEvent): StoredTransaction | undefined {
    const { type } = event;
    if (rowsTypeOf(type) !== undefined) {
      this.#addRows(event);
      return undefined;
    }
    switch (type) {
      case EventType.TableMap:
        this.#addTableMap(event);
        return undefined;
      case EventType.Gtid:
      case EventType.AnonymousGtid:
      case EventType.GtidTagged:
      case EventType.MariaGtid:
        this.#begin(event);
        return undefined;
      case EventType.Xid: {
        const open = this.#member(event);
        const xid = parseEvent(event);
        if (xid.kind === 'xid') open.xid = xid.xid;
        return this.#end(open, 'commit');
      }
      case EventType.Query:
      case EventType.MariaQueryCompressed:
        return this.#addQuery(event);
      case EventType.XaPrepare: {
        const open = this.#member(event);
        const prepare = parseEvent(event);
        if (prepare.kind === 'xa-prepare') open.xaId = formatXaId(prepare);
        return this.#end(open, prepare.kind === 'xa-prepare' && prepare.onePhase ? 'commit' : 'xa-prepare');
      }
      case EventType.ExecuteLoadQuery: {
        const open = this.#member(event);
        open.relevant = true;
        return open.begun ? undefined : this.#end(open, 'implicit');
      }
      case EventType.Incident: {
        const open = this.#member(event);
        const incident = parseEvent(event);
        open.incident = incident.kind === 'incident' ? incident.message || 'LOST_EVENTS' : undefined;
        open.relevant = true;
        return open.begun ? undefined : this.#end(open, 'implicit');
      }
      case EventType.IntVar:
      case EventType.Rand:
      case EventType.UserVar:
      case EventType.AppendBlock:
      case EventType.BeginLoadQuery:
      case EventType.DeleteFile:
      case EventType.RowsQuery:
      case EventType.MariaAnnotateRows:
        this.#member(event);
        return undefined;
      case EventType.FormatDescription:
      case EventType.Rotate:
      case EventType.Stop:
      case EventType.PreviousGtids:
      case EventType.Heartbeat:
      case EventType.HeartbeatV2:
      case EventType.MariaGtidList:
      case EventType.MariaBinlogCheckpoint:
        return undefined;
      default:
        // Refuses types that are not known, unless they may be ignored.
        parseEvent(event);
        if (this.#open !== undefined) this.#member(event);
        return undefined;
    }
  }

  /**
   * A payload comes. Returns whether it must be opened and its events added, up to {@link endPayload}; one of a
   * transaction that is not wanted need not.
   */
  beginPayload(payload: RawEvent): boolean {
    const open = this.#openTransaction(payload);
    this.#count(open, payload);
    if (!open.wanted) {
      this.#open = undefined;
      return false;
    }
    // What is inside cannot be read again at its position in the file.
    const before = [...open.store.forward()].map(({ event }) => event);
    open.store = new EventStore(this.memoryBytesMax, undefined, open.gtid?.gtid);
    for (const event of before) open.store.add(event, undefined);
    open.stored = [...before, payload];
    this.#inPayload = payload;
    return true;
  }

  endPayload(): StoredTransaction | undefined {
    const payload = this.#inPayload as RawEvent;
    this.#inPayload = undefined;
    const open = this.#open;
    if (open?.ending === undefined) {
      throw new BinlogCorruptError('a payload that does not hold a whole transaction', payload);
    }
    return this.#finish(open, open.ending);
  }

  #begin(event: RawEvent): void {
    if (this.#open !== undefined) {
      throw new BinlogCorruptError(
        `a transaction begins inside another, which began at ${this.#open.first.position}`,
        event,
      );
    }
    const parsed = parseEvent(event);
    if (parsed.kind !== 'mysql-gtid' && parsed.kind !== 'mariadb-gtid') return;
    this.#count(this.#start(event, parsed), event);
  }

  #start(event: RawEvent, gtid: OpenTransaction['gtid']): OpenTransaction {
    const originalUs = gtid?.kind === 'mysql-gtid' ? gtid.originalCommitTimeUs : undefined;
    const commitTimeUs = originalUs || event.timestamp * 1_000_000;
    const start = { file: event.file, position: event.position };
    const wanted = this.filter.wantsTransaction(gtid?.gtid, start, commitTimeUs);
    const isMariadb = gtid?.kind === 'mariadb-gtid';
    this.#maps.clear();
    return (this.#open = {
      first: event,
      gtid,
      store: new EventStore(this.memoryBytesMax, this.pathOf(event.file), gtid?.gtid),
      wanted,
      commitTimeUs,
      // MariaDB's GTID event is a BEGIN, unless it says that a single statement follows.
      begun: isMariadb && !gtid.standalone,
      stored: undefined,
      last: event,
      byteSize: 0,
      eventCount: 0,
      xid: undefined,
      xaId: isMariadb ? gtid.xaId : undefined,
      incident: undefined,
      relevant: this.filter.allTables,
      ending: undefined,
    });
  }

  /** The open transaction; one without a GTID event begins where its first event is. */
  #openTransaction(event: RawEvent): OpenTransaction {
    return this.#open ?? this.#start(event, undefined);
  }

  /** Adds an event to the open transaction. */
  #member(event: RawEvent, table?: ParsedTableMap): OpenTransaction {
    const open = this.#openTransaction(event);
    if (open.ending !== undefined) {
      throw new BinlogCorruptError(
        `a ${eventTypeName(event.type)} event behind the end of its transaction`,
        event,
      );
    }
    if (this.#inPayload === undefined) this.#count(open, event, table);
    else if (open.wanted) open.store.add(event, table);
    return open;
  }

  #count(open: OpenTransaction, event: RawEvent, table?: ParsedTableMap): void {
    open.last = event;
    open.byteSize += event.length;
    open.eventCount++;
    if (open.wanted && event.type !== EventType.TransactionPayload) open.store.add(event, table);
  }

  #addTableMap(event: RawEvent): void {
    const open = this.#member(event);
    if (!open.wanted) return;
    const table = this.tables.getOrParse(event);
    this.#maps.set(table.tableId, table);
  }

  #addRows(event: RawEvent): void {
    if (this.#open !== undefined && !this.#open.wanted) {
      this.#member(event);
      return;
    }
    const id = tableIdOf(event);
    const table = this.#maps.get(id);
    if (table === undefined && id !== DUMMY_TABLE_ID) throw new UnknownTableError(id, event);
    const open = this.#member(event, table);
    if (table !== undefined && !open.relevant) {
      open.relevant = this.filter.wantsTable(table.schema, table.table);
    }
  }

  #addQuery(event: RawEvent): StoredTransaction | undefined {
    if (isBegin(event)) {
      this.#member(event).begun = true;
      return undefined;
    }
    const parsed = parseEvent(event);
    if (parsed.kind !== 'query') return undefined;
    const { kind, xaId } = classifyStatement(parsed.sqlBytes.toString('latin1', 0, 4096));
    const open = this.#member(event);
    if (xaId !== undefined) open.xaId = xaId;
    switch (kind) {
      case 'begin':
        open.begun = true;
        return undefined;
      case 'commit':
      case 'rollback':
        return this.#end(open, kind);
      case 'xa-commit':
      case 'xa-rollback':
        return this.#end(open, kind);
      case 'control':
        return open.begun ? undefined : this.#end(open, 'implicit');
      case 'ddl':
      case 'dml':
        open.relevant = true;
        return open.begun ? undefined : this.#end(open, 'implicit');
    }
  }

  #end(open: OpenTransaction, ending: TransactionEnding): StoredTransaction | undefined {
    open.ending = ending;
    return this.#inPayload === undefined ? this.#finish(open, ending) : undefined;
  }

  #finish(open: OpenTransaction, ending: TransactionEnding): StoredTransaction | undefined {
    this.#open = undefined;
    if (!open.wanted || !open.relevant) {
      open.store.release();
      return undefined;
    }
    const { first, last, gtid, store } = open;
    return new StoredTransaction({
      gtid: gtid?.gtid,
      flavor: first.format.flavor,
      serverId: first.serverId,
      commitTimeUs: open.commitTimeUs,
      start: { file: first.file, position: first.position },
      end: { file: last.file, position: last.position + last.length },
      byteSize: open.byteSize,
      ending,
      xid: open.xid,
      xaId: open.xaId,
      lastCommitted: gtid?.kind === 'mysql-gtid' ? gtid.lastCommitted : undefined,
      sequenceNumber: gtid?.kind === 'mysql-gtid' ? gtid.sequenceNumber : undefined,
      incident: open.incident,
      store,
      stored: open.stored,
      wantsTable: (schema, table) => this.filter.wantsTable(schema, table),
    });
  }
}
