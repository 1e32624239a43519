import { describe, expect, it } from 'vitest';
import { ExitCode } from '../exit-code.js';
import { parseMember } from './parse-member.js';

describe('--member', () => {
  it.each([
    ['db1:3306', { address: 'db1:3306' }],
    ['[::1]:3306,region=eu', { address: '[::1]:3306', region: 'eu' }],
    [
      'db1:3306,promotion=must-not,region=us-1',
      { address: 'db1:3306', promotion: 'must-not', region: 'us-1' },
    ],
  ])('%s', (text, member) => {
    expect(parseMember(text)).toEqual(member);
  });

  it.each([
    ['db1', /has no port/],
    ['db1:99999', /port/],
    ['db1:3306,eu', /"eu" is no setting of a member/],
    ['db1:3306,promotion=prefre', /did you mean "prefer"\?; expected one of/],
  ])('%s is refused', (text, message) => {
    expect(() => parseMember(text)).toThrow(message);
    expect(() => parseMember(text)).toThrow(expect.objectContaining({ exitCode: ExitCode.usage }));
  });
});
