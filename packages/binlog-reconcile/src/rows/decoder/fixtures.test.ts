import { Readable } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { streamSource } from '../../reading/stream-source.js';
import { fixture, seeded } from '../../testing/fixtures.js';
import { transactions } from '../../transactions/transactions.js';
import type { RowImage } from '../model.js';
import { setCodeGeneration } from './code-generation.js';

afterEach(() => setCodeGeneration(undefined));

/** Every image of a file by `use`, up to an error, whose message comes last. */
async function read(bytes: Buffer, use: (image: RowImage) => unknown): Promise<unknown[]> {
  const seen: unknown[] = [];
  try {
    const source = streamSource(Readable.from([bytes]), { file: 'a.000001', verifyChecksums: false });
    for await (const transaction of transactions(source)) {
      for (const { before, after } of transaction.rows()) {
        for (const image of [before, after]) if (image !== undefined) seen.push(use(image));
      }
    }
  } catch (error) {
    seen.push((error as Error).message);
  }
  return seen;
}

const atOnce = (image: RowImage) => image.values();
const oneByOne = (image: RowImage) => image.table.columns.map(({ index }) => image.get(index));

describe.each(['mysql', 'mariadb'] as const)('every row of the %s file', (flavor) => {
  test('is the same by generated code, by closures and column by column, also where bytes are damaged', async () => {
    const original = fixture(flavor);
    const random = seeded(5);
    for (let i = 0; i < 30; i++) {
      const bytes = Buffer.from(original);
      for (let flips = Math.min(i, 1 + random(5)); flips > 0; flips--) {
        bytes[4 + random(bytes.length - 4)] = random(256);
      }
      const generated = await read(bytes, atOnce);
      expect(await read(bytes, oneByOne)).toEqual(generated);
      setCodeGeneration(false);
      expect(await read(bytes, atOnce)).toEqual(generated);
      setCodeGeneration(undefined);
      if (i === 0) expect(generated.length).toBeGreaterThan(6);
    }
  });
});
