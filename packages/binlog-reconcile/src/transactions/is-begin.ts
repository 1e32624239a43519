import { EVENT_HEADER_LENGTH } from '../events/event-header.js';
import { EventType } from '../events/event-type.js';
import type { RawEvent } from '../events/raw-event.js';

const BEGIN = Buffer.from('BEGIN');
const QUERY_FIXED = 13;

/** Whether a QUERY event is a plain BEGIN; most are, and need no parsing. */
export function isBegin({ buffer, start, bodyEnd, type }: RawEvent): boolean {
  const body = start + EVENT_HEADER_LENGTH;
  const sql = bodyEnd - BEGIN.length;
  if (type !== EventType.Query || sql < body + QUERY_FIXED) return false;
  const schemaLength = buffer[body + 8] as number;
  const statusLength = buffer.readUInt16LE(body + 11);
  return (
    body + QUERY_FIXED + statusLength + schemaLength + 1 === sql && BEGIN.compare(buffer, sql, bodyEnd) === 0
  );
}
