import type { RawEvent } from '../events/raw-event.js';
import type { BinlogPosition } from '../rows/model.js';

/** The end of a file, or of a stream. */
export interface FileEnd extends BinlogPosition {
  /** Bytes of an event that is cut off there; 0 = the file ends between two events. */
  readonly cutBytes: number;
}

/** Events of one file, in order. */
export interface EventBatch {
  readonly events: readonly RawEvent[];
  /** Set when nothing follows in this file: `position` is the byte behind its last whole event. */
  readonly fileEnd?: FileEnd;
}

/**
 * Where binlog events come from: files, a byte stream, a server. Every format description, checksum (unless switched
 * off) and event length is checked before an event is handed out. Use it once; leaving the loop closes it.
 */
export interface EventSource {
  /** Events in order, in batches of bounded size. */
  batches(): AsyncIterableIterator<EventBatch>;
  /**
   * Path of a file that can be read again (files only), by the base name that events carry: lets large transactions be
   * read twice instead of kept in memory.
   */
  pathOf?(file: string): string | undefined;
  /** Says before {@link batches} that nothing before this position is wanted; a source may save itself the reading. */
  startAt?(position: BinlogPosition): void;
  /** Says before {@link batches} that what begins here or later is not wanted. Events from there on may come all the same. */
  endAt?(position: BinlogPosition): void;
}

/** Every event of a source, one by one; cut-off ends are not reported. */
export async function* eventsOf(source: EventSource): AsyncIterableIterator<RawEvent> {
  for await (const { events } of source.batches()) yield* events;
}
