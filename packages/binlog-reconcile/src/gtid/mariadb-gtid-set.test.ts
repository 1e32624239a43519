import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatMariadbGtid,
  GtidDecodeError,
  GtidExhaustedError,
  GtidParseError,
  GtidSet,
  MariadbGtidSet,
  MixedGtidFlavorsError,
  parseAnyGtidSet,
  parseGtidSetPair,
  parseMariadbGtid,
  type MariadbGtid,
} from './index.js';

const gtid = fc.record({
  domainId: fc.integer({ min: 0, max: 2 }),
  serverId: fc.integer({ min: 1, max: 3 }),
  sequence: fc.bigInt(1n, 20n),
});
const gtids = fc.array(gtid, { maxLength: 8 });

/** The rule of the class, written out without any index. */
function modelHas(state: readonly MariadbGtid[], wanted: MariadbGtid): boolean {
  const domain = state.filter(({ domainId }) => domainId === wanted.domainId);
  const stream = domain.filter(({ serverId }) => serverId === wanted.serverId);
  return stream.length > 0
    ? stream.some(({ sequence }) => sequence >= wanted.sequence)
    : domain.some(({ sequence }) => sequence > wanted.sequence);
}

const property = (check: (a: MariadbGtid[], b: MariadbGtid[]) => void) =>
  fc.assert(fc.property(gtids, gtids, check), { numRuns: 400 });

describe('MariadbGtidSet against a slow model', () => {
  it('has exactly the transactions that the rule says', () => {
    fc.assert(
      fc.property(gtids, gtid, (state, wanted) => {
        expect(MariadbGtidSet.fromGtids(state).has(wanted)).toBe(modelHas(state, wanted));
      }),
      { numRuns: 1000 },
    );
  });

  it('contains, subtract and intersect agree with having', () => {
    property((a, b) => {
      const [left, right] = [MariadbGtidSet.fromGtids(a), MariadbGtidSet.fromGtids(b)];
      expect(left.contains(right)).toBe([...right].every((g) => modelHas(a, g)));
      expect([...left.subtract(right)]).toEqual([...left].filter((g) => !modelHas(b, g)));
      expect(left.subtract(right).isEmpty).toBe(right.contains(left));
      const common = left.intersect(right);
      expect(left.contains(common) && right.contains(common)).toBe(true);
      expect(common.equals(right.intersect(left))).toBe(true);
    });
  });

  it('a union contains both and is the same either way round', () => {
    property((a, b) => {
      const [left, right] = [MariadbGtidSet.fromGtids(a), MariadbGtidSet.fromGtids(b)];
      const both = left.union(right);
      expect(both.contains(left) && both.contains(right)).toBe(true);
      expect(both.equals(right.union(left))).toBe(true);
      expect(left.union(left).equals(left)).toBe(true);
    });
  });

  it('the ranges beyond another state are what it must still get', () => {
    property((a, b) => {
      const [left, right] = [MariadbGtidSet.fromGtids(a), MariadbGtidSet.fromGtids(b)];
      for (const { domainId, serverId, after, upTo } of left.rangesBeyond(right)) {
        expect(after < upTo).toBe(true);
        expect(modelHas(b, { domainId, serverId, sequence: after + 1n })).toBe(false);
        expect(after === 0n || modelHas(b, { domainId, serverId, sequence: after })).toBe(true);
      }
    });
  });

  it('text and binary form come back as they were', () => {
    property((a) => {
      const set = MariadbGtidSet.fromGtids(a);
      expect(MariadbGtidSet.parse(set.toString()).toString()).toBe(set.toString());
      expect(MariadbGtidSet.decode(set.encode()).toString()).toBe(set.toString());
    });
  });
});

describe('MariadbGtidSet', () => {
  it('tells transactions that only an old primary has from those that were continued', () => {
    const newPrimary = MariadbGtidSet.parse('0-1-100,0-2-105');
    expect(newPrimary.contains(MariadbGtidSet.parse('0-1-100'))).toBe(true);
    expect(newPrimary.subtract(MariadbGtidSet.parse('0-1-100')).toString()).toBe('0-2-105');
    const oldPrimary = MariadbGtidSet.parse('0-1-103');
    expect(newPrimary.contains(oldPrimary)).toBe(false);
    expect(oldPrimary.rangesBeyond(newPrimary)).toEqual([
      { domainId: 0, serverId: 1, after: 100n, upTo: 103n },
    ]);
  });

  it('does not take the same number of two servers for the same transaction', () => {
    const [a, b] = [MariadbGtidSet.parse('0-1-100'), MariadbGtidSet.parse('0-2-100')];
    expect(a.contains(b) || b.contains(a) || a.equals(b)).toBe(false);
  });

  it('a bare position covers what other servers wrote before it', () => {
    expect(MariadbGtidSet.parse('0-2-105').contains(MariadbGtidSet.parse('0-1-100'))).toBe(true);
    expect(MariadbGtidSet.parse('0-2-105').contains(MariadbGtidSet.parse('1-1-1'))).toBe(false);
  });

  it('normalizes text: order, blanks, repeated streams', () => {
    const set = MariadbGtidSet.parse(' 1-1-7 ,\n0-2-105,0-1-100, 0-1-90,');
    expect(set.toString()).toBe('0-1-100,0-2-105,1-1-7');
    expect(set.position().toString()).toBe('0-2-105,1-1-7');
    expect(set.count).toBe(112n);
    expect(set.domainIds).toEqual([0, 1]);
    expect(set.has('0-1-100')).toBe(true);
    expect(set.has('0-1-101')).toBe(false);
    expect(set.next(0, 9)).toEqual({ domainId: 0, serverId: 9, sequence: 106n });
    expect(set.next(5, 9).sequence).toBe(1n);
    expect(JSON.stringify([set])).toBe('["0-1-100,0-2-105,1-1-7"]');
  });

  it('keeps numbers up to 2^64 - 1 exact and knows that none follows', () => {
    const last = MariadbGtidSet.parse('4294967295-4294967295-18446744073709551615');
    expect(MariadbGtidSet.decode(last.encode()).toString()).toBe(last.toString());
    expect(() => last.next(4294967295, 1)).toThrow(GtidExhaustedError);
  });

  it.each(['0-1', '0-1-1-1', 'x', '0-1--1', '4294967296-1-1', '0-1-18446744073709551616', '0-1-1;0-2-2'])(
    'refuses %j',
    (text) => {
      expect(() => MariadbGtidSet.parse(text)).toThrow(GtidParseError);
      expect(() => parseMariadbGtid(text)).toThrow(GtidParseError);
    },
  );

  it('decodes the example of the MariaDB knowledge base, padding and flags', () => {
    const body = Buffer.from('01000000000000008c2700000e00000000000000', 'hex');
    expect([...MariadbGtidSet.decode(body)].map(formatMariadbGtid)).toEqual(['0-10124-14']);
    body.writeUInt32LE(0x10000001, 0);
    expect(MariadbGtidSet.decode(body).toString()).toBe('0-10124-14');
    expect(MariadbGtidSet.decode(Buffer.alloc(6)).isEmpty).toBe(true);
    expect(() => MariadbGtidSet.decode(body.subarray(0, 19))).toThrow(GtidDecodeError);
    expect(() => MariadbGtidSet.decode(Buffer.alloc(3))).toThrow(GtidDecodeError);
  });
});

describe('either flavour', () => {
  const uuid = '3e11fa47-71ca-11e1-9e33-c80aa9429562';

  it('is recognised by its text', () => {
    expect(parseAnyGtidSet('0-1-5')).toBeInstanceOf(MariadbGtidSet);
    expect(parseAnyGtidSet(`${uuid}:1`)).toBeInstanceOf(GtidSet);
    // A UUID may begin like a MariaDB GTID.
    expect(parseAnyGtidSet('12345678-1234-1234-1234-123456789012:1')).toBeInstanceOf(GtidSet);
  });

  it('a pair must be of one flavour, but an empty set fits both', () => {
    expect(parseGtidSetPair('', '0-1-5').flavor).toBe('mariadb');
    expect(parseGtidSetPair('', `${uuid}:1`).flavor).toBe('mysql');
    expect(() => parseGtidSetPair('0-1-5', `${uuid}:1`)).toThrow(MixedGtidFlavorsError);
  });
});
