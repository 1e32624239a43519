import { describe, expect, it } from 'vitest';
import { toJson } from '../command/context.js';
import { table } from './table.js';
import { duration, moment, parseDuration } from './time.js';

describe('duration', () => {
  it.each([
    [0, '0 ms'],
    [999.4, '999 ms'],
    [4_200, '4.2 s'],
    [200_000, '3 min 20 s'],
    [180_000, '3 min'],
    [18_120_000, '5 h 2 min'],
    [273_600_000, '3 d 4 h'],
  ])('%i ms is %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});

describe('parseDuration', () => {
  it.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['1.5h', 5_400_000],
    ['1h30min', 5_400_000],
    ['2d', 172_800_000],
    ['10', undefined],
    ['-1s', undefined],
    ['soon', undefined],
  ])('%s is %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });
});

describe('table', () => {
  it('aligns columns and leaves no space at the end of a line', () => {
    const text = table(
      [
        { title: 'NAME', value: (row: { name: string; n: number }) => row.name },
        { title: 'N', value: (row) => String(row.n), align: 'right' },
        { title: 'EMPTY', value: () => '' },
      ],
      [
        { name: 'a', n: 1 },
        { name: 'longer', n: 100 },
      ],
    );
    expect(text.split('\n')).toEqual(['NAME      N  EMPTY', 'a         1', 'longer  100']);
  });
});

describe('JSON', () => {
  it('has numbers for exact bigints, and text for others', () => {
    expect(toJson({ a: 5n, b: 2n ** 60n })).toBe('{"a":5,"b":"1152921504606846976"}');
  });
});

describe('moment', () => {
  it('is UTC to the second', () => {
    expect(moment(1_760_000_000_000)).toBe('2025-10-09 08:53:20Z');
  });
});
