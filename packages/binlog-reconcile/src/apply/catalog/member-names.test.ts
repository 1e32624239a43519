import { describe, expect, it } from 'vitest';
import { memberNames } from './member-names.js';

describe('members of ENUM and SET', () => {
  it.each([
    [`enum('a','b''c','d,e','x\\\\y','n\\nl','é')`, ['a', "b'c", 'd,e', 'x\\y', 'n\nl', 'é']],
    [`set('','(',')')`, ['', '(', ')']],
    ['int(11)', undefined],
  ])('%s', (columnType, names) => {
    expect(memberNames(columnType)).toEqual(names);
  });
});
