import { utimes } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { BinlogCorruptError, EncryptedBinlogError } from '../../events/errors.js';
import { GtidSetBuilder } from '../../gtid/gtid-set-builder.js';
import { parseMariadbGtid } from '../../gtid/mariadb-gtid.js';
import { MariadbGtidSet } from '../../gtid/mariadb-gtid-set.js';
import { fileSource } from '../../reading/file-source.js';
import { transactions } from '../../transactions/transactions.js';
import { fixture } from '../../testing/fixtures.js';
import { TailSourceError } from '../errors.js';
import { crashed, FixtureFolder } from '../testing/fixture-folder.js';
import { BinlogInventory } from './binlog-inventory.js';

let folder: FixtureFolder | undefined;

afterEach(async () => {
  await folder?.remove();
  folder = undefined;
});

const make = async (files: Readonly<Record<string, Buffer>>): Promise<FixtureFolder> =>
  (folder = await FixtureFolder.make(files));

/** GTIDs of the whole transactions, and where each ends, as the other reader of this package finds them. */
async function wholeOf(path: string): Promise<{ readonly gtids: string[]; readonly ends: number[] }> {
  const gtids: string[] = [];
  const ends: number[] = [];
  for await (const { gtid, end } of transactions(fileSource({ files: [path] }), {
    onTorn: () => undefined,
  })) {
    gtids.push(gtid ?? '');
    ends.push(end.position);
  }
  return { gtids, ends };
}

function setOf(flavor: 'mysql' | 'mariadb', gtids: readonly string[]): string {
  if (flavor === 'mariadb') return MariadbGtidSet.fromGtids(gtids.map(parseMariadbGtid)).toString();
  const builder = new GtidSetBuilder();
  for (const gtid of gtids) builder.add(gtid);
  return builder.build().toString();
}

describe('what the files of a dead server hold', () => {
  it.each(['mysql', 'mariadb'] as const)(
    'ends with the last whole %s transaction, wherever the file ends',
    async (flavor) => {
      const files = await make({ 'binlog.000001': fixture(flavor) });
      const path = files.file('binlog.000001');
      const { gtids, ends } = await wholeOf(path);
      const headEnd = (await BinlogInventory.read(files.index).then((inventory) => inventory.head(0))).end;
      const last = ends.at(-1) ?? 0;
      // Closer in the last transaction than in the others.
      const closeFrom = ends.at(-2) ?? 0;
      for (let size = headEnd; size <= last; size += size < closeFrom ? 67 : 5) {
        await files.write({ 'binlog.000001': crashed(flavor, size) });
        const inventory = await BinlogInventory.read(files.index);
        const count = ends.filter((end) => end <= size).length;
        expect(inventory.executed.toString()).toBe(setOf(flavor, gtids.slice(0, count)));
        const { torn } = inventory;
        const end = await inventory.end(0);
        if (torn === null) expect(end).toBe(size);
        else {
          expect(end).toBe(torn.position);
          expect(torn.position + torn.bytes).toBe(size);
          expect(end).toBeGreaterThanOrEqual(ends[count - 1] ?? headEnd);
          if (torn.gtid !== undefined) expect(torn.gtid).toBe(gtids[count]);
          expect(inventory.tornText).toContain(`binlog.000001:${torn.position}`);
        }
      }
    },
  );

  it('takes zeros that a file system left behind the end for a torn end', async () => {
    const whole = crashed('mysql', 9_332);
    const files = await make({ 'binlog.000001': Buffer.concat([whole, Buffer.alloc(5_000)]) });
    const inventory = await BinlogInventory.read(files.index);
    expect(await inventory.end(0)).toBe(9_332);
    expect(inventory.torn).toMatchObject({ position: 9_332, bytes: 5_000, gtid: undefined });
  });

  it('leaves a last transaction out whose bytes are damaged', async () => {
    const files = await make({ 'binlog.000001': crashed('mysql', 9_332) });
    const { ends, gtids } = await wholeOf(files.file('binlog.000001'));
    const bytes = crashed('mysql', 9_332);
    const at = (ends.at(-2) ?? 0) + 120;
    bytes[at] = (bytes[at] as number) ^ 0x10;
    await files.write({ 'binlog.000001': bytes });
    const inventory = await BinlogInventory.read(files.index);
    expect(inventory.torn).toMatchObject({ position: ends.at(-2), gtid: gtids.at(-1) });
    expect(inventory.torn?.why).toMatch(/checksum/);
  });

  it('does not count damage of a file that was closed as the trace of a crash', async () => {
    const files = await make({ 'binlog.000001': fixture('mysql').subarray(0, 9_300) });
    await expect(BinlogInventory.read(files.index)).rejects.toThrow(BinlogCorruptError);
  });

  it('does not count a file that the server was still making', async () => {
    for (const bytes of [0, 3, 4, 50, 130]) {
      const files = await make({
        'binlog.000001': fixture('mysql'),
        'binlog.000002': crashed('mysql', bytes),
      });
      const inventory = await BinlogInventory.read(files.index);
      expect(inventory).toMatchObject({ lastFile: 'binlog.000001', fileCount: 1, torn: null });
      expect(inventory.tornText).toMatch(/binlog\.000002 was being made/);
      await files.remove();
    }
  });

  it('is refused by name when it is encrypted, empty or not there', async () => {
    const encrypted = Buffer.from(fixture('mysql'));
    encrypted[0] = 0xfd;
    const files = await make({ 'binlog.000001': encrypted });
    await expect(BinlogInventory.read(files.index)).rejects.toThrow(EncryptedBinlogError);
    await files.write({ 'binlog.000001': Buffer.alloc(0) });
    await expect(BinlogInventory.read(files.index)).rejects.toThrow(TailSourceError);
    await expect(BinlogInventory.read(`${files.index}.gone`)).rejects.toThrow(/cannot be read/);
  });

  it('counts what is in files that were encrypted before as purged', async () => {
    const encrypted = Buffer.from(fixture('mysql'));
    encrypted[0] = 0xfd;
    const files = await make({
      'binlog.000001': encrypted,
      'binlog.000002': encrypted,
      'binlog.000003': fixture('mysql'),
      'binlog.000004': crashed('mysql'),
    });
    const inventory = await BinlogInventory.read(files.index);
    expect(inventory).toMatchObject({
      firstFile: 'binlog.000003',
      lastFile: 'binlog.000004',
      fileCount: 2,
      tornText: null,
    });
  });

  it('is looked at as a whole when the machine was restarted since it was written', async () => {
    const whole = crashed('mysql', 9_332);
    // Long enough that the damage is not in the part that is always looked at.
    const many = Buffer.concat([whole, ...Array.from({ length: 30 }, () => whole.subarray(158))]);
    const files = await make({ 'binlog.000001': many });
    const { ends } = await wholeOf(files.file('binlog.000001'));
    many[1_500] = (many[1_500] as number) ^ 4;
    await files.write({ 'binlog.000001': many });
    const path = files.file('binlog.000001');
    expect((await BinlogInventory.read(files.index)).torn).toBeNull();
    await utimes(path, new Date(0), new Date(0));
    const inventory = await BinlogInventory.read(files.index);
    expect(inventory.torn).toMatchObject({ position: ends[0] });
  });
});
