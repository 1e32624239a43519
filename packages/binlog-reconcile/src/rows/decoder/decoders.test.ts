import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { ColumnType, type ColumnTypeCode } from '../column-type.js';
import type { Column } from '../model.js';
import { jsonDocument } from '../../testing/json-document.js';
import { kindOf } from '../table/table-map.js';
import { closureDecoder } from './closures.js';
import { columnCodec } from './column-codec.js';
import { setCodeGeneration } from './code-generation.js';
import { generatedDecoder } from './generated.js';
import { ImageDecoders } from './image-decoders.js';
import type { ImageLayout } from './image-decoder.js';

afterEach(() => setCodeGeneration(undefined));

function column(index: number, type: ColumnTypeCode, more: Partial<Column> = {}): Column {
  const charset = more.charset;
  return {
    index,
    type,
    kind: kindOf(type, charset),
    meta: 0,
    length: 0,
    scale: 0,
    nullable: true,
    name: `c${index}`,
    unsigned: undefined,
    collationId: undefined,
    charset,
    values: undefined,
    primaryKey: undefined,
    visible: undefined,
    generated: undefined,
    geometryType: undefined,
    dimensions: undefined,
    ...more,
  };
}

const anyDocument = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.string({ maxLength: 40 }),
    fc.string({ unit: 'binary', maxLength: 10 }),
    fc.string({ minLength: 100, maxLength: 300 }),
    fc.constantFrom(null, true, false, -0, 0, 1e15, 1e-7, 0.1, -0.25, 123456.7891, 99999999.5, 2 ** 53),
    fc.integer({ min: -32768, max: 32767 }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((n) => Math.round(n * 1e4) / 1e4),
    fc.array(tie('node'), { maxLength: 5 }),
    fc.dictionary(fc.string({ maxLength: 12 }), tie('node'), { maxKeys: 5, noNullPrototype: true }),
  ),
})).node;

/** Any column together with any packed value of it. */
const anyColumn: fc.Arbitrary<{ make: (index: number) => Column; value: Uint8Array | null }> = fc
  .oneof(
    ...(
      [
        [ColumnType.Tiny, 1],
        [ColumnType.Short, 2],
        [ColumnType.Int24, 3],
        [ColumnType.Long, 4],
        [ColumnType.LongLong, 8],
      ] as const
    ).flatMap(([type, size]) =>
      [true, false].map((unsigned) => sized((index) => column(index, type, { unsigned }), size)),
    ),
    sized((index) => column(index, ColumnType.Float, { length: 4 }), 4),
    sized((index) => column(index, ColumnType.Double, { length: 8 }), 8),
    sized((index) => column(index, ColumnType.Year), 1),
    sized((index) => column(index, ColumnType.Date), 3),
    sized((index) => column(index, ColumnType.NewDecimal, { length: 18, scale: 9 }), 8),
    sized((index) => column(index, ColumnType.Bit, { length: 17 }), 3),
    sized((index) => column(index, ColumnType.Enum, { length: 2 }), 2),
    sized((index) => column(index, ColumnType.Set, { length: 8 }), 8),
    sized((index) => column(index, ColumnType.Set, { length: 3 }), 3),
    ...[0, 3, 6].flatMap((scale) => [
      sized((index) => column(index, ColumnType.Time2, { scale }), 3 + ((scale + 1) >> 1)),
      sized((index) => column(index, ColumnType.DateTime2, { scale }), 5 + ((scale + 1) >> 1)),
      sized((index) => column(index, ColumnType.Timestamp2, { scale }), 4 + ((scale + 1) >> 1)),
    ]),
    prefixed((index) => column(index, ColumnType.VarChar, { length: 200, charset: 'utf8mb4' }), 1),
    prefixed((index) => column(index, ColumnType.VarChar, { length: 300, charset: 'latin1' }), 2),
    prefixed((index) => column(index, ColumnType.String, { length: 50, charset: 'binary' }), 1),
    ...[1, 2, 3, 4].map((length) =>
      prefixed((index) => column(index, ColumnType.Blob, { length, charset: 'utf8mb4' }), length),
    ),
    prefixed((index) => column(index, ColumnType.Blob, { length: 2 }), 2),
    json(),
    json(),
  )
  .chain(({ make, value }) =>
    fc.oneof({ weight: 4, arbitrary: value }, { weight: 1, arbitrary: fc.constant(null) }).map((packed) => ({
      make,
      value: packed,
    })),
  );

interface Packed {
  readonly make: (index: number) => Column;
  readonly value: fc.Arbitrary<Uint8Array>;
}

/** Documents as a server writes them, and at times with a byte that is not what it should be. */
function json(): fc.Arbitrary<Packed> {
  const value = fc
    .tuple(anyDocument, fc.option(fc.tuple(fc.nat(), fc.nat(255)), { freq: 3 }))
    .map(([document, damage]) => {
      const bytes = jsonDocument(document);
      if (damage !== null) bytes[damage[0] % bytes.length] = damage[1];
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return Buffer.concat([length, bytes]);
    });
  return fc.constant({
    make: (index: number) => column(index, ColumnType.Json, { length: 4, charset: 'binary' }),
    value,
  });
}

/** What decoding gives: values, or the message of the error. */
function outcome(decode: () => unknown): unknown {
  try {
    return decode();
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

function sized(make: Packed['make'], size: number): fc.Arbitrary<Packed> {
  return fc.constant({ make, value: fc.uint8Array({ minLength: size, maxLength: size }) });
}

function prefixed(make: Packed['make'], prefix: number): fc.Arbitrary<Packed> {
  const text = fc.string({ unit: 'grapheme', maxLength: 60 }).map((s) => Buffer.from(s).subarray(0, 200));
  const value = fc.oneof(text, fc.uint8Array({ maxLength: 60 })).map((bytes) => {
    const packed = Buffer.alloc(prefix + bytes.length);
    packed.writeUIntLE(bytes.length, 0, prefix);
    packed.set(bytes, prefix);
    return packed;
  });
  return fc.constant({ make, value });
}

/** A row of any columns, some of them not in the image. */
const anyRow = fc.array(fc.tuple(anyColumn, fc.boolean()), { minLength: 1, maxLength: 20 }).map((list) => {
  const columns = list.map(([{ make }], index) => make(index));
  const held = columns.filter((_, i) => list[i]?.[1]);
  const nulls = Buffer.alloc((held.length + 7) >> 3);
  const parts: Uint8Array[] = [nulls];
  held.forEach(({ index }, bit) => {
    const value = list[index]?.[0].value ?? null;
    if (value === null) nulls[bit >> 3] = (nulls[bit >> 3] as number) | (1 << (bit & 7));
    else parts.push(value);
  });
  const layout: ImageLayout = { tableColumns: columns.length, columns: held, codecs: held.map(columnCodec) };
  return { layout, image: Buffer.concat(parts) };
});

describe('generated decoders and closures', () => {
  test('give the same for any row', () => {
    fc.assert(
      fc.property(anyRow, fc.nat(9), ({ layout, image }, before) => {
        const buffer = Buffer.concat([Buffer.alloc(before, 0xff), image, Buffer.alloc(9, 0xee)]);
        const generated = generatedDecoder(layout);
        const closures = closureDecoder(layout);
        expect(generated.skip(buffer, before)).toBe(before + image.length);
        expect(closures.skip(buffer, before)).toBe(before + image.length);
        const [a, b] = [new Int32Array(2 * layout.tableColumns), new Int32Array(2 * layout.tableColumns)];
        generated.locate(buffer, before, a);
        closures.locate(buffer, before, b);
        expect(a).toEqual(b);
        const end = before + image.length;
        const values = outcome(() => generated.decode(buffer, before, end));
        expect(values).toEqual(outcome(() => closures.decode(buffer, before, end)));
        if (!Array.isArray(values)) return;
        layout.columns.forEach(({ index }, i) => {
          const start = a[index] as number;
          const single =
            start < 0
              ? null
              : layout.codecs[i]?.read(buffer, start, a[layout.tableColumns + index] as number);
          expect(single).toEqual(values[index]);
        });
      }),
      { numRuns: 600 },
    );
  });

  test('never read past an image that is cut off without saying so', () => {
    fc.assert(
      fc.property(anyRow, fc.nat(), ({ layout, image }, cut) => {
        const end = cut % Math.max(image.length, 1);
        const buffer = image.subarray(0, end);
        for (const decoder of [generatedDecoder(layout), closureDecoder(layout)]) {
          expect(image.length === end || !(decoder.skip(buffer, 0) <= end)).toBe(true);
        }
      }),
    );
  });

  test('one decoder for each set of columns, and closures where code generation is off', () => {
    const columns = [
      column(0, ColumnType.Long, { unsigned: false }),
      column(1, ColumnType.Tiny, { unsigned: true }),
    ];
    const decoders = new ImageDecoders(columns);
    const both = decoders.forBitmap(Buffer.from([3]));
    expect(decoders.forBitmap(Buffer.from([1]))).not.toBe(both);
    expect(decoders.forBitmap(Buffer.from([3]))).toBe(both);
    expect(both.complete).toBe(true);
    expect(decoders.forBitmap(Buffer.from([2])).decode(Buffer.from([0, 9]), 0, 2)).toEqual([undefined, 9]);
    setCodeGeneration(false);
    // Those that were made before are made again.
    const closed = decoders.forBitmap(Buffer.from([3]));
    expect(closed.decode.toString()).not.toBe(both.decode.toString());
    expect(closed.decode(Buffer.from([0, 1, 0, 0, 0, 2]), 0, 6)).toEqual([1, 2]);
  });
});
