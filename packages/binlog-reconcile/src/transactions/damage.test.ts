import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { BinlogError } from '../events/errors.js';
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
async function read(bytes: Buffer, verifyChecksums: boolean): Promise<Reading> {
  const decoded: string[] = [];
  let error: unknown;
  try {
    const source = streamSource(Readable.from([bytes]), { file: 'damaged.000001', verifyChecksums });
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
});

/** Positions behind each event. */
function ends(bytes: Buffer): number[] {
  const list = [4];
  for (let at = 4; at < bytes.length; list.push(at)) at += bytes.readUInt32LE(at + 9);
  return list;
}
