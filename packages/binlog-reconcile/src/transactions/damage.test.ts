import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import { BinlogError } from '../events/errors.js';
import { fileSource } from '../reading/file-source.js';
import type { EventSource } from '../reading/source.js';
import { streamSource } from '../reading/stream-source.js';
import { fixture, seeded } from '../testing/fixtures.js';
import { TornTransactionError } from './errors.js';
import { transactions } from './transactions.js';

interface Reading {
  /** What was decoded before the end or the error, one text for each transaction. */
  readonly decoded: string[];
  readonly error: unknown;
}

const asText = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value);

/** Reads and decodes everything, up to an error. */
function read(bytes: Buffer, verifyChecksums: boolean): Promise<Reading> {
  return readSource(streamSource(Readable.from([bytes]), { file: 'damaged.000001', verifyChecksums }));
}

async function readSource(source: EventSource): Promise<Reading> {
  const decoded: string[] = [];
  let error: unknown;
  try {
    for await (const transaction of transactions(source)) {
      const rows = [...transaction.rows()].map(({ kind, table, before, after }) => [
        kind,
        table.table,
        before?.values(),
        after?.values(),
      ]);
      const statements = transaction.statements.map(({ sql }) => sql);
      decoded.push(JSON.stringify([transaction.gtid, transaction.rowCount, rows, statements], asText));
    }
  } catch (thrown) {
    error = thrown;
  }
  return { decoded, error };
}

function expectNamedError(error: unknown): void {
  expect(error).toBeInstanceOf(BinlogError);
  expect((error as BinlogError).message).toMatch(/damaged\.000001 at position \d+: /);
}

/** What Node's zlib makes at a time. */
const ZLIB_CHUNK_BYTES = 16 << 10;

/** Offset of the bit that says "not closed": it is left out of the checksum, and changes nothing. */
const IN_USE_FLAG = 4 + 17;

describe.each(['mysql', 'mariadb'] as const)('a damaged %s file', (flavor) => {
  const original = fixture(flavor);

  test('reads whole when nothing is damaged', async () => {
    const { decoded, error } = await read(original, true);
    expect(error).toBeUndefined();
    expect(decoded.length).toBeGreaterThan(5);
  });

  test('any flipped bit ends in an error with file and position, and never in a wrong row', async () => {
    const { decoded: right } = await read(original, true);
    const random = seeded(20_240_229);
    for (let i = 0; i < 400; i++) {
      const at = random(original.length);
      const bytes = Buffer.from(original);
      bytes[at] = (bytes[at] as number) ^ (1 << random(8));
      const { decoded, error } = await read(bytes, true);
      expect(decoded).toEqual(right.slice(0, decoded.length));
      if (at === IN_USE_FLAG) continue;
      expectNamedError(error);
    }
  });

  test('every truncation is told, and what was given before it is right', async () => {
    const { decoded: right } = await read(original, true);
    const lastEvent = ends(original).at(-1) as number;
    for (let length = 0; length < original.length; length += 13) {
      const { decoded, error } = await read(original.subarray(0, length), true);
      expect(decoded).toEqual(right.slice(0, decoded.length));
      if (ends(original).includes(length) && !(error instanceof TornTransactionError)) {
        expect(length).toBeLessThanOrEqual(lastEvent);
      } else expectNamedError(error);
    }
  });

  test('without checksums damage gives an error or other values, but never a hang or a crash', async () => {
    const random = seeded(7);
    for (let i = 0; i < 400; i++) {
      const bytes = Buffer.from(original);
      for (let flips = 1 + random(4); flips > 0; flips--) bytes[random(bytes.length)] = random(256);
      const { error } = await read(bytes, false);
      if (error !== undefined) expectNamedError(error);
    }
  });

  test.each([true, false])(
    'never makes anything larger than the file asked for (checksums: %s)',
    async (verify) => {
      const folder = await mkdtemp(join(tmpdir(), 'dcmha-damage-'));
      const path = join(folder, 'damaged.000001');
      const allocated: number[] = [];
      const note = (size: number) => allocated.push(size);
      const spies = (['alloc', 'allocUnsafe', 'allocUnsafeSlow'] as const).map((name) => {
        const original: (size: number) => Buffer<ArrayBuffer> = Buffer[name].bind(Buffer);
        return vi.spyOn(Buffer, name).mockImplementation((size: number) => {
          note(size);
          return original(size);
        });
      });
      try {
        const random = seeded(31);
        for (let i = 0; i < 120; i++) {
          const bytes = Buffer.from(original);
          // The lengths in headers and bodies are what could ask for much.
          for (let flips = 1 + random(6); flips > 0; flips--)
            bytes[4 + random(bytes.length - 4)] = 0x7f + random(129);
          await writeFile(path, bytes);
          allocated.length = 0;
          const { error } = await read(bytes, verify);
          if (error !== undefined) expectNamedError(error);
          const fromFile = await readSource(fileSource({ files: [path], verifyChecksums: verify }));
          if (fromFile.error !== undefined) expectNamedError(fromFile.error);
          expect(Math.max(0, ...allocated)).toBeLessThanOrEqual(Math.max(original.length, ZLIB_CHUNK_BYTES));
        }
      } finally {
        for (const spy of spies) spy.mockRestore();
        await rm(folder, { recursive: true });
      }
    },
  );
});

/** Positions behind each event. */
function ends(bytes: Buffer): number[] {
  const list = [4];
  for (let at = 4; at < bytes.length; list.push(at)) at += bytes.readUInt32LE(at + 9);
  return list;
}
