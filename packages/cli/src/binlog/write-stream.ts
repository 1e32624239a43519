import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** Writes the chunks as fast as the reader takes them. A reader that has seen enough ends it; that is no error. */
export async function writeStream(chunks: AsyncIterable<string | Buffer>, out: Writable): Promise<void> {
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue;
    if (out.destroyed || out.closed) return;
    if (out.write(chunk)) continue;
    const over = new AbortController();
    try {
      await Promise.race([
        once(out, 'drain', { signal: over.signal }),
        once(out, 'close', { signal: over.signal }),
      ]);
    } finally {
      over.abort();
    }
  }
}
