import { describe, expect, it } from 'vitest';
import { beyond, countBeyond, countOf, covers, errantOf, union } from './gtids.js';

const [a, b] = ['00000001-0000-0000-0000-000000000000', '00000002-0000-0000-0000-000000000000'];

describe('GTID sets of MySQL', () => {
  it('are compared, joined and counted', () => {
    expect(covers(`${a}:1-10`, `${a}:2-5`)).toBe(true);
    expect(covers(`${a}:1-10`, `${b}:1`)).toBe(false);
    expect(beyond(`${a}:1-10`, `${a}:1-8`)).toBe(`${a}:9-10`);
    expect(countBeyond(`${a}:1-10,${b}:1`, `${a}:1-8`)).toBe(3n);
    expect(union(`${a}:1-3`, `${a}:4-5`)).toBe(`${a}:1-5`);
    expect(countOf(`${a}:1-10,${b}:1`)).toBe(11n);
  });

  it("what is under the primary's UUID is not errant", () => {
    const primary = { serverUuid: a.toUpperCase(), gtidExecuted: `${a}:1-10` };
    expect(errantOf(`${a}:1-12`, primary)).toBe('');
    expect(errantOf(`${a}:1-12,${b}:1-2`, primary)).toBe(`${b}:1-2`);
  });
});

describe('positions of MariaDB', () => {
  it('are compared, joined and counted', () => {
    expect(covers('0-1-10', '0-1-9')).toBe(true);
    expect(covers('0-2-11', '0-1-10')).toBe(true);
    expect(covers('0-1-10', '0-2-10')).toBe(false);
    expect(beyond('0-1-12', '0-1-10')).toBe('0-1-12');
    expect(countBeyond('0-1-12', '0-1-10')).toBe(2n);
    expect(countOf('0-1-12,1-1-3')).toBe(15n);
  });

  it('a union is a position: one GTID for each domain, as the server takes it', () => {
    expect(union('0-2-105', '0-1-108')).toBe('0-1-108');
    expect(union('0-1-5,1-1-7', '1-2-9')).toBe('0-1-5,1-2-9');
  });

  it("what is under the primary's server id is not errant", () => {
    const primary = { serverUuid: '', serverId: 1, gtidExecuted: '0-1-100' };
    expect(errantOf('0-1-102', primary)).toBe('');
    expect(errantOf('0-3-101', primary)).toBe('0-3-101');
  });

  it('an empty set is of either flavour', () => {
    expect(covers('', '')).toBe(true);
    expect(covers('0-1-1', '')).toBe(true);
    expect(beyond('', '0-1-1')).toBe('');
    expect(errantOf('', { serverUuid: '', serverId: 1, gtidExecuted: '0-1-1' })).toBe('');
  });
});
