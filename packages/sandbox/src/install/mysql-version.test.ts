import { describe, expect, it } from 'vitest';
import { isSupportedMysql, parseMariadbVersion, parseMysqlVersion } from './mysql-version.js';

describe('the version a server program prints', () => {
  it('is read from MySQL, packaged or not', () => {
    expect(parseMysqlVersion('/x/mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))')?.text).toBe('9.7.4');
    expect(
      parseMysqlVersion('mysqld  Ver 8.4.3 for Linux on aarch64 (MySQL Community Server - GPL)'),
    ).toEqual({
      major: 8,
      minor: 4,
      patch: 3,
      text: '8.4.3',
    });
  });

  it('is not taken for MySQL when mysqld is a link to MariaDB', () => {
    const output = 'mysqld  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)';
    expect(parseMysqlVersion(output)).toBeUndefined();
    expect(parseMariadbVersion(output)).toBe('10.11.19');
  });

  it('is refused below 8.4', () => {
    expect(isSupportedMysql(parseMysqlVersion('mysqld  Ver 8.0.36 for Linux')!)).toBe(false);
    expect(isSupportedMysql(parseMysqlVersion('mysqld  Ver 8.4.0 for Linux')!)).toBe(true);
    expect(isSupportedMysql(parseMysqlVersion('mysqld  Ver 9.0.0 for Linux')!)).toBe(true);
  });

  it('is unknown when the output is something else', () => {
    expect(parseMysqlVersion('command not found')).toBeUndefined();
    expect(parseMariadbVersion('mysqld  Ver 9.7.4 for Linux')).toBeUndefined();
  });
});
