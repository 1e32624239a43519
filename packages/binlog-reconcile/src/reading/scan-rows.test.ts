import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BinlogCorruptError, EncryptedBinlogError, NotABinlogError } from '../events/errors.js';
import { EventFlag } from '../events/event-type.js';
import { fixture } from '../testing/fixtures.js';
import { transactions } from '../transactions/transactions.js';
import { fileSource } from './file-source.js';
import { scanRows } from './scan-rows.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dcmha-scan-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(content: Buffer): Promise<string> {
  const path = join(folder, 'a.000001');
  await writeFile(path, content);
  return path;
}

/** An event of any type that may be skipped. */
function ignorable(length: number): Buffer {
  const event = Buffer.alloc(length);
  event[4] = 200;
  event.writeUInt32LE(length, 9);
  event.writeUInt16LE(EventFlag.Ignorable, 17);
  return event;
}

/** The events behind the format description again and again, with a long one between. */
function many(name: 'mysql' | 'mariadb', times: number, longBytes: number): Buffer {
  const bytes = fixture(name);
  const described = 4 + bytes.readUInt32LE(4 + 9);
  const parts: Buffer[] = [bytes.subarray(0, described)];
  for (let i = 0; i < times; i++) {
    parts.push(bytes.subarray(described));
    if (i % 40 === 7) parts.push(ignorable(longBytes + i));
  }
  return Buffer.concat(parts);
}

describe.each(['mysql', 'mariadb'] as const)('a scan of a %s file', (flavor) => {
  test.each([
    ['short', 1, 0],
    ['of some chunks, with events longer than the room between them', 400, 150_000],
    ['with events longer than a chunk', 60, 2_500_000],
  ])('%s finds the rows that reading finds', async (_, times, longBytes) => {
    const bytes = many(flavor, times, longBytes);
    const path = await file(bytes);
    const places: (readonly [number, number, string])[] = [];
    const totals = await scanRows(path, ({ position, starts, rowCount, table, type }) => {
      // Compressed events hold their rows in no place of the file.
      if (type >= 160)
        places.push(...new Array<[number, number, string]>(rowCount).fill([position, 0, table.table]));
      else for (let i = 0; i < rowCount; i++) places.push([position, starts[i] as number, table.table]);
    });
    const expected: string[] = [];
    let inPayloads = 0;
    for await (const transaction of transactions(fileSource({ files: [path], verifyChecksums: false }))) {
      if (transaction.compressed) inPayloads++;
      else {
        for (const { rowCount, event, table } of transaction.rowEvents()) {
          for (let i = 0; i < rowCount; i++) expected.push(`${event.position} ${table.table}`);
        }
      }
    }
    expect(places.map(([position, , table]) => `${position} ${table}`)).toEqual(expected);
    expect(new Set(places.filter(([, start]) => start > 0).map(([p, s]) => p + s)).size).toBe(
      places.filter(([, start]) => start > 0).length,
    );
    expect(totals).toMatchObject({
      rows: expected.length,
      payloads: inPayloads,
      end: bytes.length,
      cutBytes: 0,
    });
    if (times === 1) expect(expected.length).toBeGreaterThan(4);
  });
});

test('a file that ends inside an event is scanned up to there', async () => {
  const bytes = fixture('mysql');
  const { end, cutBytes, events } = await scanRows(await file(bytes));
  expect([end, cutBytes]).toEqual([bytes.length, 0]);
  const cut = await scanRows(await file(bytes.subarray(0, bytes.length - 10)));
  expect(cut.events).toBe(events - 1);
  expect(cut.cutBytes).toBeGreaterThan(0);
  expect(cut.end + cut.cutBytes).toBe(bytes.length - 10);
});

test('what is no plain binlog is refused', async () => {
  await expect(scanRows(await file(Buffer.from('nothing of that')))).rejects.toThrow(NotABinlogError);
  await expect(scanRows(await file(Buffer.from('fd62696e00000000', 'hex')))).rejects.toThrow(
    EncryptedBinlogError,
  );
  const bytes = fixture('mysql');
  const at = 4 + bytes.readUInt32LE(4 + 9);
  const damaged = Buffer.from(bytes);
  damaged.writeUInt32LE(3, at + 9);
  await expect(scanRows(await file(damaged))).rejects.toThrow(BinlogCorruptError);
});
