import { describe, expect, it } from 'vitest';
import { MariadbGtidSet } from '../../gtid/mariadb-gtid-set.js';
import type { BinlogInventory } from '../inventory/binlog-inventory.js';
import type { SqlError } from '../protocol/sql-error.js';
import { MariadbSelection } from './mariadb-selection.js';

/** Three files: what was written before each, and what is in them. */
const files = [
  { previous: '0-1-2', gtids: ['0-1-3', '0-2-4'] },
  { previous: '0-1-3,0-2-4', gtids: ['7-1-1', '0-2-5', '0-1-6'] },
  { previous: '0-2-5,0-1-6,7-1-1', gtids: ['0-1-7', '7-1-2', '0-1-8'] },
];

const inventory = {
  executed: MariadbGtidSet.parse('0-2-5,0-1-8,7-1-2'),
  firstFile: 'binlog.000001',
  newestFile: (fits: (previous: MariadbGtidSet) => boolean) =>
    Promise.resolve(files.findLastIndex(({ previous }) => fits(MariadbGtidSet.parse(previous)))),
  head: (index: number) => Promise.resolve({ previous: MariadbGtidSet.parse(files[index]?.previous ?? '') }),
} as unknown as BinlogInventory;

async function sentTo(position: string): Promise<readonly [number, string]> {
  const selection = new MariadbSelection(MariadbGtidSet.parse(position), inventory);
  const first = await selection.firstFile();
  const sent = files.slice(first).flatMap(({ gtids }) => gtids.filter((gtid) => selection.wants(gtid)));
  selection.finish();
  return [first, sent.join(' ')];
}

describe('what a MariaDB replica is sent', () => {
  it.each([
    // It has everything of the files before.
    ['0-1-6,7-1-1', 2, '0-1-7 7-1-2 0-1-8'],
    ['0-1-7,7-1-1', 2, '7-1-2 0-1-8'],
    ['0-1-8,7-1-2', 2, ''],
    // In the middle of a file, behind a transaction of another server.
    ['0-2-5,7-1-1', 1, '0-1-6 0-1-7 7-1-2 0-1-8'],
    ['0-2-4', 1, '7-1-1 0-2-5 0-1-6 0-1-7 7-1-2 0-1-8'],
    ['0-1-3', 0, '0-2-4 7-1-1 0-2-5 0-1-6 0-1-7 7-1-2 0-1-8'],
    ['0-1-2', 0, '0-1-3 0-2-4 7-1-1 0-2-5 0-1-6 0-1-7 7-1-2 0-1-8'],
    // A domain that the dead server never saw, and one in which its last transactions were lost.
    ['0-1-8,7-1-2,9-1-4', 2, ''],
    ['0-1-9,7-1-1', 2, '7-1-2'],
  ])('that has %s', async (position, file, sent) => {
    expect(await sentTo(position)).toEqual([file, sent]);
  });

  it.each([
    ['0-1-1', /purged/],
    ['7-1-1', /purged/],
    ['', /purged/],
    ['0-2-6', /not in the master's binlog/],
    ['0-3-4', /not in the master's binlog/],
    ['0-2-9', /not in the master's binlog/],
    // In the numbers that its server wrote, and in no file: the replica went another way.
    ['0-1-4,7-1-1', /not in the master's binlog/],
  ])('is an error when that cannot be told for %s', async (position, message) => {
    await expect(
      sentTo(position).catch((error: unknown) => Promise.reject(error as SqlError)),
    ).rejects.toThrow(message);
  });
});
