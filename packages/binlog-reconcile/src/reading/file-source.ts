import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BinlogCorruptError, BinlogError, ChecksumError } from '../events/errors.js';
import { EVENT_HEADER_LENGTH } from '../events/event-header.js';
import { EventType } from '../events/event-type.js';
import type { RawEvent } from '../events/raw-event.js';
import type { BinlogPosition } from '../rows/model.js';
import { checkMagic, EventFramer, MAGIC } from './event-framer.js';
import { readBinlogIndex } from './file-list.js';
import type { EventBatch, EventSource } from './source.js';

/** Which files to read, and how. */
export interface FileSourceOptions {
  /** Paths, oldest first. Either this or {@link index}. */
  readonly files?: readonly string[];
  /** Path of a server's index file (`binlog.index`); every file that it names is read. */
  readonly index?: string;
  /** Where to start; the format description of that file is read first in any case. */
  readonly from?: BinlogPosition;
  /**
   * Wait at the end of the last file for more, and go on with the next file when the server opens one (found through
   * the index). Ends when {@link signal} aborts. Default false.
   */
  readonly follow?: boolean;
  /** How often to look for more. Default 50 ms. */
  readonly pollMs?: number;
  /** Verify checksums where the files have them. Default true. */
  readonly verifyChecksums?: boolean;
  readonly signal?: AbortSignal;
}

/** Bytes read at once; a larger event is read whole. */
const CHUNK_BYTES = 1 << 20;

/**
 * Events of binlog files. A tail that a crash cut off (in a file that its server did not close) is left out and reported
 * as `fileEnd.cutBytes`; damage anywhere else is an error.
 */
export function fileSource(options: FileSourceOptions): EventSource {
  if ((options.files === undefined) === (options.index === undefined)) {
    throw new TypeError('give either files or index');
  }
  return new FileSource(options);
}

class FileSource implements EventSource {
  readonly #paths = new Map<string, string>();
  #started = false;

  constructor(private readonly options: FileSourceOptions) {}

  pathOf(file: string): string | undefined {
    return this.#paths.get(file);
  }

  async *batches(): AsyncIterableIterator<EventBatch> {
    if (this.#started) throw new TypeError('a source is read once: make another');
    this.#started = true;
    const { from, follow = false } = this.options;
    let paths = await this.#list();
    if (from !== undefined) {
      const first = paths.findIndex((path) => basename(path) === from.file);
      if (first === -1) {
        throw new BinlogError(
          `there is no such file to start at; the oldest one is ${basename(paths[0] ?? '(none)')}`,
          from,
        );
      }
      paths = paths.slice(first);
    }
    let start = from?.position;
    for (let i = 0; i < paths.length; i++) {
      const path = paths[i] as string;
      const last = () => i === paths.length - 1;
      const grow = async (): Promise<boolean> => {
        if (!follow) return false;
        if (last() && this.options.index !== undefined) {
          const now = await this.#list();
          const here = now.findIndex((known) => basename(known) === basename(path));
          if (here !== -1) paths = [...paths.slice(0, i), ...now.slice(here)];
        }
        return last();
      };
      yield* this.#readFile(path, start, grow);
      start = undefined;
      if (this.options.signal?.aborted) return;
    }
  }

  async #list(): Promise<string[]> {
    const { files, index } = this.options;
    const paths = index === undefined ? [...(files ?? [])] : await readBinlogIndex(index);
    for (const path of paths) this.#paths.set(basename(path), path);
    return paths;
  }

  /** `mayGrow` tells whether to wait for more at the end. */
  async *#readFile(
    path: string,
    from: number | undefined,
    mayGrow: () => Promise<boolean>,
  ): AsyncIterableIterator<EventBatch> {
    const handle = await open(path, 'r');
    try {
      yield* this.#readHandle(handle, basename(path), from, mayGrow);
    } finally {
      await handle.close();
    }
  }

  async *#readHandle(
    handle: FileHandle,
    file: string,
    from: number | undefined,
    mayGrow: () => Promise<boolean>,
  ): AsyncIterableIterator<EventBatch> {
    const { verifyChecksums = true, pollMs = 50, signal } = this.options;
    const framer = new EventFramer(verifyChecksums);
    let position = 0;
    let want = CHUNK_BYTES;
    let closed = false;
    for (;;) {
      if (signal?.aborted) return;
      const { size } = await handle.stat();
      const length = Math.min(want, Math.max(size - position, 0));
      const buffer = await readExactly(handle, position, length);
      const atEnd = position + buffer.length >= size;
      let at = 0;
      if (position === 0 && buffer.length >= MAGIC.length) {
        checkMagic(buffer.subarray(0, MAGIC.length), file);
        at = MAGIC.length;
      }
      const events: RawEvent[] = [];
      let cut = false;
      want = CHUNK_BYTES;
      while (position + at > 0 && !cut) {
        const eventAt = position + at;
        const eventLength = framer.lengthAt(buffer, at, buffer.length);
        if (eventLength === undefined) break;
        if (eventLength < EVENT_HEADER_LENGTH) {
          if (isTornTail(framer, buffer, at, atEnd)) cut = true;
          else
            throw new BinlogCorruptError(`an event cannot be ${eventLength} bytes long`, {
              file,
              position: eventAt,
            });
          break;
        }
        if (eventLength > buffer.length - at) {
          if (eventLength > size - eventAt) {
            cut = true;
            if (!atEnd) want = Math.max(want, size - eventAt);
          } else want = Math.max(CHUNK_BYTES, eventLength);
          break;
        }
        let event: RawEvent;
        try {
          event = framer.frame(buffer, at, file, eventAt);
        } catch (error) {
          if (error instanceof ChecksumError && framer.inUse && eventAt + eventLength === size) {
            cut = true;
            break;
          }
          throw error;
        }
        at += eventLength;
        closed = event.type === EventType.Rotate || event.type === EventType.Stop;
        if (from === undefined || eventAt >= from || event.type === EventType.FormatDescription) {
          events.push(event);
        }
        if (
          from !== undefined &&
          event.type === EventType.FormatDescription &&
          from > eventAt + eventLength
        ) {
          if (from > size) {
            throw new BinlogCorruptError(`the file ends at ${size}, before the position to start at`, {
              file,
              position: from,
            });
          }
          at = from - position; // beyond the buffer: the next read begins there
        }
      }
      if (events.length > 0) yield { events };
      position += at;
      const rest = size - position;
      if (rest > 0 && !cut && !(atEnd && rest < EVENT_HEADER_LENGTH)) continue;
      // At the end of what is there now.
      if (!closed && (await mayGrow())) {
        await delay(pollMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
        continue;
      }
      if (position === 0 && size < MAGIC.length) checkMagic(buffer, file);
      // The server may have written on between the read and the look for the next file.
      if ((await handle.stat()).size > size) continue;
      yield { events: [], fileEnd: { file, position, cutBytes: rest } };
      return;
    }
  }
}

async function readExactly(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled === length ? buffer : buffer.subarray(0, filled);
}

/** After a crash, a file system may leave zeros behind what was written: no event, and nothing but zeros to the end. */
function isTornTail(framer: EventFramer, buffer: Buffer, at: number, atEnd: boolean): boolean {
  return framer.inUse && atEnd && buffer.subarray(at).every((byte) => byte === 0);
}
