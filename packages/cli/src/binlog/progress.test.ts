import { PassThrough } from 'node:stream';
import type { Transaction } from '@dcmha/binlog-reconcile';
import { expect, test } from 'vitest';
import { Progress } from './progress.js';

async function* some(count: number): AsyncIterableIterator<Transaction> {
  for (let i = 0; i < count; i++) yield { byteSize: 1_500_000 } as Transaction;
}

async function told(isTTY: boolean): Promise<string[]> {
  const lines: string[] = [];
  const stderr = Object.assign(new PassThrough(), { isTTY });
  const progress = new Progress({ stderr, progress: (line) => lines.push(line) }, 'read', 0);
  let count = 0;
  for (const part of [some(1), some(1)])
    for await (const transaction of progress.of(part)) count += transaction.byteSize > 0 ? 1 : 0;
  expect(count).toBe(2);
  return lines;
}

test('progress is told to a terminal, summed up over the parts that are read', async () => {
  expect(await told(true)).toEqual(['  1 transactions, 2 MB read', '  2 transactions, 3 MB read']);
});

test('nothing is told to a file or a pipe', async () => {
  expect(await told(false)).toEqual([]);
});
