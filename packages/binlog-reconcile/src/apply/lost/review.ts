import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from './durable-file.js';

/** What is told of one step of the review of lost transactions. */
export interface LostReviewEntry {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** Who: a person (`anna@ops1`) or a program. */
  readonly by: string;
  /**
   * `replay-begun`: some are about to be applied (without a `replayed` or `replay-ended` after it, whoever did it died
   * meanwhile); `replayed`: they were committed; `replay-ended`: nothing was changed; `resolved`: judged; `compared`: the
   * rows that were taken back beside the primary's.
   */
  readonly action: 'replay-begun' | 'replayed' | 'replay-ended' | 'resolved' | 'compared';
  /** Why, in words. */
  readonly note?: string;
  /** Which transactions. */
  readonly gtids?: string;
  /** `host:port` of the primary at that time. */
  readonly primary?: string;
  /** Anything else, as JSON. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Name of the file beside `manifest.json`; JSON lines, only ever added to. */
export const lostReviewFile = 'review.jsonl';

const lineBytesMax = 1024 * 1024;

/** Adds an entry to the review of a directory of lost transactions; it is on disk once this resolves. */
export async function appendLostReview(path: string, entry: LostReviewEntry): Promise<void> {
  const line = JSON.stringify(entry);
  if (Buffer.byteLength(line) > lineBytesMax) {
    throw new RangeError(`an entry of a review has at most ${lineBytesMax} bytes, this one ${line.length}`);
  }
  const file = await open(join(path, lostReviewFile), 'a+', 0o600);
  try {
    const { size } = await file.stat();
    // A line that was cut off when the machine died stays a line of its own.
    const last = Buffer.alloc(1);
    if (size > 0) await file.read(last, 0, 1, size - 1);
    const gap = size > 0 && last[0] !== 0x0a ? '\n' : '';
    await file.appendFile(`${gap}${line}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(path);
}

/** The entries, oldest first; lines that were cut off are left out. */
export async function readLostReview(path: string): Promise<LostReviewEntry[]> {
  const text = await readFile(join(path, lostReviewFile), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return parseLostReview(text);
}

/** The entries in the text of a review file. */
export function parseLostReview(text: string): LostReviewEntry[] {
  return text.split('\n').flatMap((line): LostReviewEntry[] => {
    try {
      const entry: unknown = JSON.parse(line);
      return typeof entry === 'object' && entry !== null && 'action' in entry
        ? [entry as LostReviewEntry]
        : [];
    } catch {
      return [];
    }
  });
}
