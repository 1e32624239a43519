import { describe, expect, it } from 'vitest';
import { parseMoment } from './parse-moment.js';

const nowMs = new Date(2026, 10, 23, 12, 30).getTime();

describe('parseMoment', () => {
  it.each([
    ['+2h', nowMs + 7_200_000],
    ['13:00', nowMs + 1_800_000],
    ['12:30', nowMs + 86_400_000],
    ['3:00', new Date(2026, 10, 24, 3, 0).getTime()],
    ['2026-11-24T03:00', new Date(2026, 10, 24, 3, 0).getTime()],
    ['2026-11-24 03:00:30', new Date(2026, 10, 24, 3, 0, 30).getTime()],
    ['2026-11-24T03:00Z', Date.UTC(2026, 10, 24, 3, 0)],
    ['2026-11-24T03:00+02:00', Date.UTC(2026, 10, 24, 1, 0)],
  ])('%s', (text, expected) => {
    expect(parseMoment(text, nowMs)).toBe(expected);
  });

  it.each(['', 'soon', '+', '+soon', '24:00', '12:60', '2026-11-24', '2026-13-40T03:00', '1764000000'])(
    '%j is no moment',
    (text) => {
      expect(parseMoment(text, nowMs)).toBeUndefined();
    },
  );
});
