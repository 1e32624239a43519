import { describe, expect, it } from 'vitest';
import { parseConnectString } from './connect-string.js';

describe('parseConnectString', () => {
  it('reads hosts, ports and the chroot', () => {
    expect(parseConnectString('zk1:2181, zk2:2182,10.0.0.3/app/one')).toEqual({
      hosts: [
        { host: 'zk1', port: 2181 },
        { host: 'zk2', port: 2182 },
        { host: '10.0.0.3', port: 2181 },
      ],
      chroot: '/app/one',
    });
  });

  it('reads IPv6 addresses in brackets', () => {
    expect(parseConnectString('[::1]:2182,[fe80::1%eth0]').hosts).toEqual([
      { host: '::1', port: 2182 },
      { host: 'fe80::1%eth0', port: 2181 },
    ]);
  });

  it('takes a lone slash for no chroot', () => {
    expect(parseConnectString('zk1:2181/').chroot).toBe('');
  });

  it.each(['', ',', '/app', 'zk1:0', 'zk1:99999', 'zk1:abc', '::1:2181', 'zk1:2181/a//b', '[zk1]:2181'])(
    'refuses %j and says what is expected',
    (connect) => {
      expect(() => parseConnectString(connect)).toThrow(/expected host:port/);
    },
  );
});
