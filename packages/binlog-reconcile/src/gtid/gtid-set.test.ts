import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatGtid,
  GtidDecodeError,
  GtidEncodeError,
  GtidExhaustedError,
  GtidParseError,
  GtidSet,
  GtidSetBuilder,
  parseGtid,
  type Gtid,
  type GtidRange,
} from './index.js';

const A = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
const B = '4350f323-7565-4e59-8763-4b1b83a0ce0e';
const C = '00000000-0000-0000-0000-000000000001';

/** The obvious model: a JavaScript set with one text per transaction. */
const range = fc.record({
  uuid: fc.constantFrom(A, B, C),
  tag: fc.constantFrom('', '', 'backup', '_x'),
  first: fc.bigInt(1n, 30n),
  length: fc.bigInt(0n, 8n),
});
const ranges = fc
  .array(range, { maxLength: 14 })
  .map((list): GtidRange[] =>
    list.map(({ uuid, tag, first, length }) => ({ uuid, tag, first, last: first + length })),
  );

function model(list: readonly GtidRange[]): Set<string> {
  const all = new Set<string>();
  for (const { uuid, tag, first, last } of list) {
    for (let gno = first; gno <= last; gno++) all.add(formatGtid({ uuid, tag, gno }));
  }
  return all;
}

function members(set: GtidSet): Set<string> {
  return new Set([...set].map(formatGtid));
}

const property = (check: (a: GtidRange[], b: GtidRange[]) => void) =>
  fc.assert(fc.property(ranges, ranges, check), { numRuns: 400 });

describe('GtidSet against a slow model', () => {
  it('names exactly the transactions it was made of', () => {
    property((a) => {
      const set = GtidSet.fromRanges(a);
      expect(members(set)).toEqual(model(a));
      expect(set.count).toBe(BigInt(model(a).size));
      expect(set.isEmpty).toBe(a.length === 0);
    });
  });

  it('union, subtract and intersect are those of sets', () => {
    property((a, b) => {
      const [left, right, leftModel, rightModel] = [
        GtidSet.fromRanges(a),
        GtidSet.fromRanges(b),
        model(a),
        model(b),
      ];
      expect(members(left.union(right))).toEqual(new Set([...leftModel, ...rightModel]));
      expect(members(left.subtract(right))).toEqual(
        new Set([...leftModel].filter((g) => !rightModel.has(g))),
      );
      expect(members(left.intersect(right))).toEqual(
        new Set([...leftModel].filter((g) => rightModel.has(g))),
      );
      expect(left.intersects(right)).toBe([...leftModel].some((g) => rightModel.has(g)));
    });
  });

  it('contains and equals are those of sets', () => {
    property((a, b) => {
      const [left, right] = [GtidSet.fromRanges(a), GtidSet.fromRanges(b)];
      expect(left.contains(right)).toBe([...model(b)].every((g) => model(a).has(g)));
      expect(left.union(right).contains(right)).toBe(true);
      expect(left.contains(left.intersect(right))).toBe(true);
      expect(left.equals(right)).toBe(left.contains(right) && right.contains(left));
      expect(left.equals(GtidSet.fromRanges([...a].reverse()))).toBe(true);
    });
  });

  it('next is the smallest number that is not used', () => {
    property((a) => {
      let gno = 1n;
      while (model(a).has(formatGtid({ uuid: A, tag: 'backup', gno }))) gno++;
      expect(GtidSet.fromRanges(a).next(A, 'backup')).toEqual({ uuid: A, tag: 'backup', gno });
    });
  });

  it('text and both binary forms come back as they were, and equal sets are written equally', () => {
    property((a) => {
      const set = GtidSet.fromRanges(a);
      expect(GtidSet.parse(set.toString()).equals(set)).toBe(true);
      expect(GtidSet.decode(set.encode('tagged')).equals(set)).toBe(true);
      expect(GtidSet.decode(set.encode()).equals(set)).toBe(true);
      expect(GtidSet.decode(set.withoutTags().encode('untagged')).equals(set.withoutTags())).toBe(true);
      const again = GtidSet.fromRanges([...a, ...a].reverse());
      expect(again.toString()).toBe(set.toString());
      expect(again.encode()).toEqual(set.encode());
    });
  });

  it('a builder that is fed in any order gives the same set', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt(1n, 40n)), (numbers) => {
        const builder = new GtidSetBuilder();
        for (const gno of numbers) builder.add({ uuid: A, tag: '', gno });
        const expected = GtidSet.fromGtids(numbers.map((gno): Gtid => ({ uuid: A, tag: '', gno })));
        expect(builder.build().toString()).toBe(expected.toString());
      }),
    );
  });

  it('flipped or missing bytes never decode to something that encodes differently', () => {
    fc.assert(
      fc.property(ranges, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat(), (a, at, value, cut) => {
        const bytes = GtidSet.fromRanges(a).encode();
        bytes[at % bytes.length] = value;
        const damaged = bytes.subarray(0, bytes.length - (cut % 3));
        try {
          expect(GtidSet.decode(damaged).intervalCount).toBeLessThanOrEqual(damaged.length / 16);
        } catch (error) {
          expect(error).toBeInstanceOf(GtidDecodeError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('GtidSet text', () => {
  it('reads blanks, line ends, upper case, overlaps, repeated UUIDs and empty parts', () => {
    const text = `\n ${A.toUpperCase()} : 3-5 :1 , ,\r\n${B}:7,${A}:2:4-9,\n`;
    expect(GtidSet.parse(text).toString()).toBe(`${A}:1-9,${B}:7`);
    expect(GtidSet.parse('').isEmpty).toBe(true);
    expect(GtidSet.parse(' ,\n').isEmpty).toBe(true);
  });

  it('reads UUIDs without dashes and in braces, as the server does', () => {
    expect(GtidSet.parse(`${A.replaceAll('-', '')}:1,{${B}}:2`).toString()).toBe(`${A}:1,${B}:2`);
  });

  it('a tag holds until the next tag or UUID, and is printed in lower case after the untagged intervals', () => {
    const set = GtidSet.parse(`${A}:Zeta:5:1-3:ALPHA:2,${B}:1,${A}:9`);
    expect(set.toString()).toBe(`${A}:9:alpha:2:zeta:1-3:5,${B}:1`);
    expect(set.has({ uuid: A, tag: 'zeta', gno: 5n })).toBe(true);
    expect(set.has({ uuid: A, tag: '', gno: 5n })).toBe(false);
    expect(set.has(`${A}:zeta:5`)).toBe(true);
    expect(set.has(`${A.toUpperCase()}:ZETA:4`)).toBe(false);
    expect(new GtidSetBuilder().add(`${A}:1`).add(`${A}:2`).build().toString()).toBe(`${A}:1-2`);
    expect(set.ofUuid(A).count).toBe(6n);
    expect(set.uuids).toEqual([A, B]);
    expect(JSON.stringify({ set })).toBe(`{"set":"${set.toString()}"}`);
  });

  it.each([
    ['nonsense', 0, 'a server UUID'],
    [A, 36, "':' and a number or tag"],
    [`${A}:`, 37, 'a number'],
    [`${A}:0`, 37, 'a number from 1'],
    [`${A}:9223372036854775807`, 37, 'a number from 1'],
    [`${A}:1-`, 39, 'a number'],
    [`${A}:5-3`, 39, 'the end of an interval that begins with 5'],
    [`${A}:1 2`, 39, "':', ',' or the end"],
    [`${A}:tag`, 40, "':' and a number or tag"],
    [`${A}:${'t'.repeat(33)}:1`, 37, 'a tag of at most 32 characters'],
    [`${A}:1,${B.slice(1)}:1`, 39, 'a server UUID'],
  ])('refuses %j and says where', (text, position, expected) => {
    const error = captureError(() => GtidSet.parse(text));
    expect(error).toBeInstanceOf(GtidParseError);
    expect(error).toMatchObject({ position, text });
    expect((error as GtidParseError).expected).toContain(expected);
  });

  it('keeps numbers beyond 2^53 exact', () => {
    const text = `${A}:9007199254740993-9007199254740994:9223372036854775806`;
    expect(GtidSet.parse(text).toString()).toBe(text);
    expect(() => GtidSet.parse(`${A}:1-9223372036854775806`).next(A)).toThrow(GtidExhaustedError);
  });

  it('reads and prints single GTIDs', () => {
    expect(formatGtid(parseGtid(` ${A}:Tag:7 `))).toBe(`${A}:tag:7`);
    expect(formatGtid(parseGtid(`${A}:7`))).toBe(`${A}:7`);
    for (const wrong of [
      '',
      A,
      `${A}:0`,
      `${A}::1`,
      `${A}:a b:1`,
      `${A}:x:y:1`,
      `${A}:99999999999999999999`,
    ]) {
      expect(() => parseGtid(wrong)).toThrow(GtidParseError);
    }
  });
});

describe('GtidSet in binary', () => {
  it('is laid out as the server writes it', () => {
    const untagged = GtidSet.parse(`${A}:1-5:8`).encode();
    expect(untagged.toString('hex')).toBe(
      '0100000000000000' +
        A.replaceAll('-', '') +
        '0200000000000000' +
        '01000000000000000600000000000000' +
        '08000000000000000900000000000000',
    );
    const tagged = GtidSet.parse(`${A}:1:ab:2`).encode();
    expect(tagged.toString('hex')).toBe(
      '0102000000000001' +
        `${A.replaceAll('-', '')}00` +
        '010000000000000001000000000000000200000000000000' +
        `${A.replaceAll('-', '')}046162` +
        '010000000000000002000000000000000300000000000000',
    );
  });

  it('does not write a tag in the form that has no place for one', () => {
    const set = GtidSet.parse(`${A}:1:ab:2`);
    expect(() => set.encode('untagged')).toThrow(GtidEncodeError);
    expect(GtidSet.decode(set.withoutTags().encode('untagged')).toString()).toBe(`${A}:1`);
  });

  it('refuses bytes that announce more than they hold, without allocating for it', () => {
    const bytes = GtidSet.parse(`${A}:1`).encode();
    bytes.writeBigUInt64LE(0x00ffffffffffffffn, 0);
    expect(() => GtidSet.decode(bytes)).toThrow(GtidDecodeError);
    expect(() => GtidSet.decode(Buffer.from('02000000000000ff', 'hex'))).toThrow(/unknown format 255/);
    expect(() => GtidSet.decode(Buffer.concat([GtidSet.parse(`${A}:1`).encode(), Buffer.alloc(1)]))).toThrow(
      /1 bytes left over/,
    );
  });
});

describe('GtidSet with 100,000 intervals', () => {
  it('parses, prints, encodes, decodes and combines in well under a second each', () => {
    const odd = Array.from({ length: 100_000 }, (_, i) => `:${i * 4 + 1}-${i * 4 + 2}`).join('');
    const even = Array.from({ length: 100_000 }, (_, i) => `:${i * 4 + 2}-${i * 4 + 3}`).join('');
    const began = performance.now();
    const a = GtidSet.parse(A + odd);
    const b = GtidSet.parse(A + even);
    expect(a.union(b).count).toBe(300_000n);
    expect(a.intersect(b).count).toBe(100_000n);
    expect(a.subtract(b).count).toBe(100_000n);
    expect(a.contains(a.intersect(b))).toBe(true);
    expect(a.toString()).toBe(A + odd);
    expect(GtidSet.decode(a.encode()).equals(a)).toBe(true);
    const builder = new GtidSetBuilder();
    for (const gtid of a) builder.add(gtid);
    expect(builder.build().equals(a)).toBe(true);
    expect(performance.now() - began).toBeLessThan(8_000);
  });
});

function captureError(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
