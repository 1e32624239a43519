import { describe, expect, it } from 'vitest';
import { errantOn, ownPart } from './errant-check.js';

const own = '00000001-0000-0000-0000-000000000000';
const other = '00000002-0000-0000-0000-000000000000';

describe('looking for errant transactions', () => {
  it('what is replicated does not change the own part, what is written here does', () => {
    const status = (gtidExecuted: string) => ({ serverUuid: own, gtidExecuted });
    expect(ownPart(status(`${own}:1-5,${other}:1-9`))).toBe(`${own}:1-5`);
    expect(ownPart(status(`${other}:1-9`))).toBe('');
    expect(ownPart(status(`${other}:1-9`))).toBe(ownPart(status(`${other}:1-90`)));
    expect(ownPart({ serverUuid: '', gtidExecuted: '0-1-5' })).toBe('');
  });

  it('are those that the primary has not', () => {
    expect(errantOn({ gtidExecuted: `${own}:1-5,${other}:1` }, { gtidExecuted: `${other}:1-9` })).toBe(
      `${own}:1-5`,
    );
    expect(errantOn({ gtidExecuted: `${other}:1-8` }, { gtidExecuted: `${other}:1-9` })).toBe('');
  });
});
