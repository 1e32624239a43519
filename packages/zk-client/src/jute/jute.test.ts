import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JuteError } from './jute-error.js';
import { JuteReader } from './jute-reader.js';
import { JuteWriter } from './jute-writer.js';

type Value =
  | { kind: 'int'; value: number }
  | { kind: 'long'; value: bigint }
  | { kind: 'bool'; value: boolean }
  | { kind: 'string'; value: string }
  | { kind: 'buffer'; value: Uint8Array }
  | { kind: 'strings'; value: string[] };

const wellFormed = fc.string({ unit: 'grapheme', maxLength: 200 });

const anyValue: fc.Arbitrary<Value> = fc.oneof(
  fc.record({
    kind: fc.constant('int' as const),
    value: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  }),
  fc.record({
    kind: fc.constant('long' as const),
    value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  }),
  fc.record({ kind: fc.constant('bool' as const), value: fc.boolean() }),
  fc.record({ kind: fc.constant('string' as const), value: wellFormed }),
  fc.record({ kind: fc.constant('buffer' as const), value: fc.uint8Array({ maxLength: 70_000 }) }),
  fc.record({ kind: fc.constant('strings' as const), value: fc.array(wellFormed) }),
);

function write(writer: JuteWriter, item: Value): void {
  switch (item.kind) {
    case 'int':
      return writer.int(item.value);
    case 'long':
      return writer.long(item.value);
    case 'bool':
      return writer.bool(item.value);
    case 'string':
      return writer.string(item.value);
    case 'buffer':
      return writer.buffer(item.value);
    case 'strings':
      return writer.vector(item.value, (text) => writer.string(text));
  }
}

function read(reader: JuteReader, kind: Value['kind']): unknown {
  switch (kind) {
    case 'int':
      return reader.int();
    case 'long':
      return reader.long();
    case 'bool':
      return reader.bool();
    case 'string':
      return reader.string();
    case 'buffer':
      return new Uint8Array(reader.buffer());
    case 'strings':
      return reader.vector(() => reader.string());
  }
}

describe('jute', () => {
  it('reads back whatever was written, also after earlier pieces were taken', () => {
    fc.assert(
      fc.property(fc.array(fc.array(anyValue, { maxLength: 5 }), { maxLength: 5 }), (frames) => {
        const writer = new JuteWriter(16);
        const pieces = frames.map((values) => {
          for (const item of values) write(writer, item);
          return writer.take();
        });
        for (const [index, values] of frames.entries()) {
          const reader = new JuteReader(pieces[index] as Buffer);
          for (const { kind, value } of values) expect(read(reader, kind)).toEqual(value);
          expect(reader.remaining).toBe(0);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('refuses to read beyond the end of the frame', () => {
    const writer = new JuteWriter();
    writer.string('/a/path');
    const bytes = writer.take();
    for (let end = 0; end < bytes.length; end += 1) {
      expect(() => new JuteReader(bytes, 0, end).string()).toThrow(JuteError);
    }
  });

  it('refuses a vector that claims more elements than bytes follow', () => {
    const writer = new JuteWriter();
    writer.int(0x7fff_ffff);
    expect(() => new JuteReader(writer.take()).vector(() => 1)).toThrow(/claims 2147483647 elements/);
  });

  it('reads an absent buffer as an empty one and refuses other negative lengths', () => {
    const writer = new JuteWriter();
    writer.buffer(null);
    writer.int(-2);
    const reader = new JuteReader(writer.take());
    expect(reader.buffer()).toHaveLength(0);
    expect(() => reader.buffer()).toThrow(JuteError);
  });

  it('leaves no trace of a truncated frame', () => {
    const writer = new JuteWriter();
    writer.int(1);
    const mark = writer.beginFrame();
    writer.string('half');
    writer.truncate(mark);
    writer.int(2);
    expect([...writer.take()]).toEqual([0, 0, 0, 1, 0, 0, 0, 2]);
  });
});
