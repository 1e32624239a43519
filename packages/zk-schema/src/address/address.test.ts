import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressError, formatAddress, isAddress, parseAddress } from './index.js';

describe('address of a server', () => {
  it.each([
    ['db1:3306', { host: 'db1', port: 3306 }],
    ['127.0.0.11:13306', { host: '127.0.0.11', port: 13306 }],
    ['[::1]:3306', { host: '::1', port: 3306 }],
    ['[fd00::a:1]:1', { host: 'fd00::a:1', port: 1 }],
    ['a_b.example-1.org:65535', { host: 'a_b.example-1.org', port: 65535 }],
  ])('%s is read and written back', (text, parts) => {
    expect(parseAddress(text)).toEqual(parts);
    expect(formatAddress(parts)).toBe(text);
  });

  it.each([
    ['db1', 'no port'],
    [':3306', 'no port'],
    ['', 'no port'],
    ['db1:', 'port'],
    ['db1:0', 'port'],
    ['db1:65536', '65535'],
    ['db1:03306', 'port'],
    ['db1:33a', 'port'],
    ['::1:3306', 'brackets'],
    ['[::1]', 'no port'],
    ['[db1]:3306', 'IPv6'],
    ['a b:3306', 'characters'],
    ['a/b:3306', 'characters'],
    ['-a:3306', 'characters'],
    [`${'a'.repeat(256)}:1`, 'longer'],
  ])('%s is refused: %s', (text, reason) => {
    expect(() => parseAddress(text)).toThrow(AddressError);
    expect(() => parseAddress(text)).toThrow(reason);
    expect(isAddress(text)).toBe(false);
  });

  it('never accepts two spellings of one server', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        if (isAddress(text)) expect(formatAddress(parseAddress(text))).toBe(text);
      }),
    );
  });

  it('keeps what was formatted', () => {
    const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
    fc.assert(
      fc.property(host, fc.integer({ min: 1, max: 65_535 }), (name, port) => {
        // ipV6() also makes forms with an embedded IPv4 address, which node accepts as well.
        expect(parseAddress(formatAddress({ host: name, port }))).toEqual({ host: name, port });
      }),
    );
  });
});
