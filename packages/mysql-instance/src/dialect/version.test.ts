import { describe, expect, it } from 'vitest';
import { chooseDialect } from './choose-dialect.js';
import { compareVersion, parseVersion } from './version.js';

describe('versions', () => {
  it.each([
    ['9.7.4-2', '(Debian)', 'mysql', [9, 7, 4], 'mysql-8.4'],
    ['8.4.5', 'MySQL Community Server - GPL', 'mysql', [8, 4, 5], 'mysql-8.4'],
    ['8.3.0', '', 'mysql', [8, 3, 0], 'mysql-8.0'],
    ['8.0.36-28', 'Percona Server (GPL), Release 28', 'mysql', [8, 0, 36], 'mysql-8.0'],
    ['8.0.26', '', 'mysql', [8, 0, 26], 'mysql-8.0'],
    ['8.0.25', '', 'mysql', [8, 0, 25], 'mysql-8.0-early'],
    ['8.0.22', '', 'mysql', [8, 0, 22], 'mysql-8.0-early'],
    ['5.7.44-log', 'MySQL Community Server (GPL)', 'mysql', [5, 7, 44], 'mysql-5.7'],
    ['10.11.19-MariaDB-0+deb12u1', 'Debian 12', 'mariadb', [10, 11, 19], 'mariadb'],
    ['5.5.5-10.5.12-MariaDB-log', '', 'mariadb', [10, 5, 12], 'mariadb'],
    ['11.4.2', 'MariaDB Server', 'mariadb', [11, 4, 2], 'mariadb'],
  ] as const)('%s (%s)', (text, comment, flavor, parts, dialect) => {
    const version = parseVersion(text, comment);
    expect(version).toEqual({ flavor, text, parts });
    expect(chooseDialect(version)?.name).toBe(dialect);
  });

  it.each(['5.6.51', '5.5.68-MariaDB', '10.4.34-MariaDB'])('%s is too old for any dialect', (text) => {
    expect(chooseDialect(parseVersion(text))).toBeUndefined();
  });

  it('compares by number, not by text', () => {
    expect(compareVersion(parseVersion('10.11.6-MariaDB'), [10, 5, 0])).toBeGreaterThan(0);
    expect(compareVersion(parseVersion('8.0.9'), [8, 0, 26])).toBeLessThan(0);
    expect(compareVersion(parseVersion('8.4'), [8, 4, 0])).toBe(0);
  });

  it('refuses what has no number', () => {
    expect(() => parseVersion('unknown')).toThrow(RangeError);
  });
});
