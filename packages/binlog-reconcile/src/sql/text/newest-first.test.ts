import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Transaction } from '../../rows/model.js';
import { fakeTransaction } from '../testing/fake-rows.js';
import { TransactionIndex, type OpenTransactions } from './newest-first.js';

/** A binlog of several files, read as `fileSource` and `transactions` do; notes how much is held at once. */
function binlog(files: readonly (readonly number[])[]) {
  const all = files.flatMap((sizes, f) => {
    let position = 4;
    return sizes.map((byteSize) => {
      const start = { file: `binlog.00000${f + 1}`, position };
      position += byteSize;
      return fakeTransaction({ start, byteSize });
    });
  });
  const at = ({ file, position }: { file: string; position: number }) =>
    all.findIndex(({ start }) => start.file === file && start.position === position);
  const open: OpenTransactions = async function* ({ from, to }) {
    const last = to === undefined ? all.length : at(to);
    for (const transaction of all.slice(from === undefined ? 0 : at(from), last))
      yield await Promise.resolve(transaction);
  };
  return { all, open };
}

async function newestFirst(open: OpenTransactions): Promise<Transaction[]> {
  const index = new TransactionIndex();
  for await (const transaction of open({})) index.add(transaction);
  const result: Transaction[] = [];
  for await (const transaction of index.newestFirst(open)) result.push(transaction);
  return result;
}

describe('reading backwards', () => {
  it('gives every transaction once, newest first, whatever the sizes', async () => {
    const size = fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 3_000_000, max: 20_000_000 }));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(size, { maxLength: 12 }), { maxLength: 3 }), async (files) => {
        const { all, open } = binlog(files);
        expect(await newestFirst(open)).toEqual([...all].reverse());
      }),
    );
  });

  it('holds a few megabytes at a time, and a large transaction alone', async () => {
    const { open } = binlog([Array.from({ length: 50 }, (_, i) => (i === 20 ? 500_000_000 : 1_000_000))]);
    let heldMax = 0;
    const counting: OpenTransactions = async function* (range) {
      let held = 0;
      for await (const transaction of open(range)) {
        held += transaction.byteSize;
        if (transaction.byteSize < 100_000_000) heldMax = Math.max(heldMax, held);
        yield transaction;
      }
    };
    const index = new TransactionIndex();
    for await (const transaction of open({})) index.add(transaction);
    for await (const transaction of index.newestFirst(counting))
      expect(transaction.byteSize).toBeGreaterThan(0);
    expect(heldMax).toBeLessThanOrEqual(8 * 1024 * 1024);
  });

  it('leaves out what was added to the binlog after the first pass', async () => {
    const { all, open } = binlog([[10, 10, 10]]);
    const index = new TransactionIndex();
    for (const transaction of all.slice(0, 2)) index.add(transaction);
    const result: Transaction[] = [];
    for await (const transaction of index.newestFirst(open)) result.push(transaction);
    expect(result).toEqual([all[1], all[0]]);
  });
});
