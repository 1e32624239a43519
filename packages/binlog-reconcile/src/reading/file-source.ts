import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BinlogCorruptError, BinlogError, ChecksumError } from '../events/errors.js';
import { EVENT_HEADER_LENGTH } from '../events/event-header.js';
import { EventType } from '../events/event-type.js';
import type { RawEvent } from '../events/raw-event.js';
import type { BinlogPosition } from '../rows/model.js';
import { checkMagic, EventFramer, MAGIC } from './event-framer.js';
import { BinlogIndexError, readBinlogIndex } from './file-list.js';
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

const POLL_MS = 50;

/** Bytes read at once; a larger event is read whole. */
const CHUNK_BYTES = 1 << 20;
/** Bytes read where few are wanted: at the begin of a file when the rest is farther on, and behind the wanted end. */
const HEAD_BYTES = 1 << 14;
/** Longest time for which an index that is being followed may not be there. */
const INDEX_GONE_MS_MAX = 2_000;

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
  /** A hint, unlike `options.from`: a file that is not there is no error. */
  #hint: BinlogPosition | undefined;

  constructor(private readonly options: FileSourceOptions) {}

  /** Also only a hint. */
  #end: BinlogPosition | undefined;

  pathOf(file: string): string | undefined {
    return this.#paths.get(file);
  }

  startAt(position: BinlogPosition): void {
    this.#hint = position;
  }

  endAt(position: BinlogPosition): void {
    this.#end = position;
  }

  async *batches(): AsyncIterableIterator<EventBatch> {
    if (this.#started) throw new TypeError('a source is read once: make another');
    this.#started = true;
    const { follow = false } = this.options;
    let paths = await this.#list();
    const hint = this.#hint;
    const from =
      this.options.from ?? (paths.some((path) => basename(path) === hint?.file) ? hint : undefined);
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
      yield* this.#readFile(path, start, grow, last);
      start = undefined;
      // The server closed the last file there is: it opens another, at the latest when it starts again.
      while (follow && last() && this.options.index !== undefined && !this.options.signal?.aborted) {
        if (await grow()) await pause(this.options.pollMs ?? POLL_MS, this.options.signal);
      }
      if (this.options.signal?.aborted) return;
    }
  }

  async #list(): Promise<string[]> {
    const { files, index } = this.options;
    const paths = index === undefined ? [...(files ?? [])] : await this.#readIndex(index);
    for (const path of paths) this.#paths.set(basename(path), path);
    return paths;
  }

  /** A server that opens another file replaces its index: for a moment there is none. */
  async #readIndex(index: string): Promise<string[]> {
    const { pollMs = POLL_MS, signal } = this.options;
    const giveUpMs = performance.now() + INDEX_GONE_MS_MAX;
    for (;;) {
      try {
        return await readBinlogIndex(index);
      } catch (error) {
        const gone =
          error instanceof BinlogIndexError &&
          (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
        if (!gone || this.options.follow !== true || signal?.aborted || performance.now() > giveUpMs)
          throw error;
      }
      await pause(pollMs, signal);
    }
  }

  /** `mayGrow` tells whether to wait for more at the end. */
  async *#readFile(
    path: string,
    from: number | undefined,
    mayGrow: () => Promise<boolean>,
    isLast: () => boolean,
  ): AsyncIterableIterator<EventBatch> {
    const handle = await open(path, 'r');
    try {
      yield* this.#readHandle(handle, basename(path), from, mayGrow, isLast);
    } finally {
      await handle.close();
    }
  }

  async *#readHandle(
    handle: FileHandle,
    file: string,
    from: number | undefined,
    mayGrow: () => Promise<boolean>,
    isLast: () => boolean,
  ): AsyncIterableIterator<EventBatch> {
    const { verifyChecksums = true, pollMs = POLL_MS, signal } = this.options;
    const framer = new EventFramer(verifyChecksums);
    const end = this.#end?.file === file ? this.#end.position : Infinity;
    const chunks = new ChunkReader(handle, from === undefined ? CHUNK_BYTES : HEAD_BYTES, end);
    let position = 0;
    let closed = false;
    while (!signal?.aborted) {
      const { buffer, size } = await chunks.next();
      const start = position;
      let at = 0;
      if (start === 0) {
        if (buffer.length < MAGIC.length) {
          if (await mayGrow()) {
            await pause(pollMs, signal);
            chunks.seek(0);
            continue;
          }
          checkMagic(buffer, file);
        }
        checkMagic(buffer.subarray(0, MAGIC.length), file);
        at = MAGIC.length;
      }
      const events: RawEvent[] = [];
      let cut = false;
      let want = 0;
      for (;;) {
        const eventAt = start + at;
        const length = framer.lengthAt(buffer, at, buffer.length);
        if (length === undefined) {
          cut = eventAt + EVENT_HEADER_LENGTH > size;
          break;
        }
        if (length < EVENT_HEADER_LENGTH) {
          cut = framer.inUse && start + buffer.length >= size && isZero(buffer, at);
          if (cut) break;
          throw new BinlogCorruptError(`an event cannot be ${length} bytes long`, {
            file,
            position: eventAt,
          });
        }
        if (length > buffer.length - at) {
          cut = length > size - eventAt;
          if (cut) framer.checkCut(buffer, at, file, eventAt);
          want = length;
          break;
        }
        let event: RawEvent;
        try {
          event = framer.frame(buffer, at, file, eventAt);
        } catch (error) {
          // The last thing that a crashed server wrote may be there in part only.
          cut = error instanceof ChecksumError && framer.inUse && eventAt + length >= size;
          if (cut) break;
          throw error;
        }
        at += length;
        closed = event.type === EventType.Rotate || event.type === EventType.Stop;
        const isDescription = event.type === EventType.FormatDescription;
        if (from === undefined || eventAt >= from || isDescription) events.push(event);
        if (isDescription && from !== undefined && from > eventAt + length) {
          if (from > size) {
            throw new BinlogCorruptError(`the file ends at ${size}, before the position to start at`, {
              file,
              position: from,
            });
          }
          at = from - start;
          break;
        }
      }
      position = start + at;
      const rest = size - position;
      const more = rest > 0 && !cut;
      // The next chunk is read while this one is used.
      if (more) chunks.seek(position, want);
      if (events.length > 0) yield { events };
      if (more) continue;
      // At the end of what was there.
      const wait = !closed && (await mayGrow());
      if (wait) await pause(pollMs, signal);
      if (wait || (this.options.follow === true && (await handle.stat()).size > size)) {
        chunks.seek(position);
        continue;
      }
      if (rest > 0 && !framer.inUse && !isLast()) {
        throw new BinlogCorruptError(
          'the file ends inside an event, though its server closed it and wrote another: it was copied in part only',
          { file, position },
        );
      }
      yield { events: [], fileEnd: { file, position, cutBytes: rest } };
      return;
    }
  }
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
}

/** Reads a file chunk by chunk; the next one is under way as soon as its place is known. */
class ChunkReader {
  #size = 0;
  #next: Promise<{ buffer: Buffer; size: number }>;

  /** `end` is where no more is wanted; a few bytes behind it tell so. */
  constructor(
    private readonly handle: FileHandle,
    headBytes: number,
    private readonly end: number,
  ) {
    this.#next = this.#read(0, 0, headBytes);
    this.#next.catch(() => undefined);
  }

  /** The bytes from the place last sought on, and how large the file was then. */
  next(): Promise<{ buffer: Buffer; size: number }> {
    return this.#next;
  }

  /** Starts reading at `position`: a chunk, or `length` bytes if that is more. */
  seek(position: number, length = 0): void {
    this.#next = this.#read(position, length);
    // Whoever asks for it gets the error; nobody may ask.
    this.#next.catch(() => undefined);
  }

  async #read(
    position: number,
    length: number,
    chunkBytes = CHUNK_BYTES,
  ): Promise<{ buffer: Buffer; size: number }> {
    const untilEnd = Math.max(this.end - position, 0) + HEAD_BYTES;
    const wanted = Math.max(length, Math.min(chunkBytes, untilEnd));
    if (position + wanted > this.#size) this.#size = (await this.handle.stat()).size;
    const size = this.#size;
    const buffer = await readExactly(this.handle, position, Math.min(wanted, Math.max(size - position, 0)));
    return { buffer, size };
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

/** After a crash, a file system may leave zeros behind what was written, up to the end. */
function isZero(buffer: Buffer, at: number): boolean {
  return buffer.subarray(at).every((byte) => byte === 0);
}
