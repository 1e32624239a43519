import { EVENT_HEADER_LENGTH } from '../../events/event-header.js';
import { EventType } from '../../events/event-type.js';
import { classifyStatement } from '../../transactions/statement-kind.js';

/** Events that belong to no transaction. */
const CONTROL: ReadonlySet<number> = new Set([
  EventType.FormatDescription,
  EventType.Rotate,
  EventType.Stop,
  EventType.PreviousGtids,
  EventType.Heartbeat,
  EventType.HeartbeatV2,
  EventType.MariaGtidList,
  EventType.MariaBinlogCheckpoint,
]);

const BEGINS: ReadonlySet<number> = new Set([
  EventType.Gtid,
  EventType.AnonymousGtid,
  EventType.GtidTagged,
  EventType.MariaGtid,
]);

/** An event that stands between transactions. */
export function isControl(type: number): boolean {
  return CONTROL.has(type);
}

/** The GTID event of any flavour: a transaction begins. */
export function isTransactionBegin(type: number): boolean {
  return BEGINS.has(type);
}

/** Bytes of a statement that are needed to tell what it is. */
export const STATEMENT_BYTES = 8_192;
const QUERY_FIXED = 13;

/**
 * Finds the last event of each transaction where the GTID event does not state how long it is (MySQL 5.7, MariaDB), from
 * the events' types and the first words of statements.
 */
export class TransactionBounds {
  #open = false;
  #begun = false;

  get isOpen(): boolean {
    return this.#open;
  }

  /** A GTID event. */
  begin(begun: boolean): void {
    this.#open = true;
    this.#begun = begun;
  }

  /**
   * Any other event. `buffer` need hold its first {@link STATEMENT_BYTES} only.
   * @returns whether it is the last one of its transaction
   */
  add(buffer: Buffer, at: number, bodyEnd: number): boolean {
    const type = buffer[at + 4] as number;
    if (isControl(type)) return false;
    this.#open = true;
    const last = this.#isLast(type, buffer, at, bodyEnd);
    if (last) {
      this.#open = false;
      this.#begun = false;
    }
    return last;
  }

  #isLast(type: number, buffer: Buffer, at: number, bodyEnd: number): boolean {
    switch (type) {
      case EventType.Xid:
      case EventType.XaPrepare:
      case EventType.TransactionPayload:
        return true;
      case EventType.Incident:
      case EventType.ExecuteLoadQuery:
        return !this.#begun;
      case EventType.MariaQueryCompressed:
        // Only statements of some length are compressed: never COMMIT or ROLLBACK.
        return !this.#begun;
      case EventType.Query:
        switch (classifyStatement(statementOf(buffer, at, bodyEnd)).kind) {
          case 'begin':
            this.#begun = true;
            return false;
          case 'commit':
          case 'rollback':
          case 'xa-commit':
          case 'xa-rollback':
            return true;
          default:
            return !this.#begun;
        }
      default:
        return false;
    }
  }
}

/** The first words of a QUERY event: behind its fixed part, status variables and schema. */
function statementOf(buffer: Buffer, at: number, bodyEnd: number): string {
  const body = at + EVENT_HEADER_LENGTH;
  if (bodyEnd - body < QUERY_FIXED) return '';
  const schemaLength = buffer[body + 8] as number;
  const statusLength = buffer.readUInt16LE(body + 11);
  const from = body + QUERY_FIXED + statusLength + schemaLength + 1;
  const to = Math.min(bodyEnd, buffer.length);
  return from >= to ? '' : buffer.toString('latin1', from, to);
}
