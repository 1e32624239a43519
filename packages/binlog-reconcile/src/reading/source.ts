import type { RawEvent } from '../events/raw-event.js';
import type { BinlogPosition } from '../rows/model.js';

/** How a source ended. */
export interface SourceEnd {
  /** The byte behind the last whole event. */
  readonly position: BinlogPosition;
  /** Bytes of an event that is cut off there; 0 = the source ended between two events. */
  readonly cutBytes: number;
}

/**
 * Where binlog events come from: files, a byte stream, a server. Every format description, checksum (unless switched
 * off) and event header is checked before an event is handed out. Use it once; leaving the loop closes it.
 */
export interface EventSource {
  /** Events in order, in batches of bounded size. */
  batches(): AsyncIterableIterator<readonly RawEvent[]>;
  /** Set once {@link batches} is done. */
  readonly ended: SourceEnd | undefined;
  /**
   * Path of a file that can be read again (files only), by the base name that events carry: lets large transactions be
   * read twice instead of kept in memory.
   */
  pathOf?(file: string): string | undefined;
}
