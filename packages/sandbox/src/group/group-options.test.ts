import { describe, expect, it } from 'vitest';
import { memberOptions, nextHost } from './group-options.js';

describe('the options of a member', () => {
  it('close the server at every start', () => {
    expect(memberOptions(true)).toMatchObject({
      'super-read-only': 'ON',
      'rpl-semi-sync-source-enabled': 'OFF',
    });
  });

  it('say nothing of semi-sync where it is not wanted', () => {
    expect(Object.keys(memberOptions(false)).filter((name) => name.includes('semi'))).toEqual([]);
  });
});

it('members have loopback addresses that count up', () => {
  expect([0, 1, 2].map((offset) => nextHost('127.0.0.11', offset))).toEqual([
    '127.0.0.11',
    '127.0.0.12',
    '127.0.0.13',
  ]);
});
