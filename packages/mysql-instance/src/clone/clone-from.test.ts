import { describe, expect, it } from 'vitest';
import { mariadb } from '../dialect/mariadb/index.js';
import { fakeServer } from '../testing/fake-server.js';
import { cloneFrom } from './clone-from.js';

const donor = { host: 'db1', port: 3306 };
const account = { user: 'donor', password: "p'w" };

describe('cloning', () => {
  it('is refused without the plugin, with what to install, before anything is changed', async () => {
    const fake = fakeServer();
    await expect(cloneFrom(fake.op, donor, account)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      remedy: "Run: INSTALL PLUGIN clone SONAME 'mysql_clone.so'; on both servers.",
    });
    expect(fake.changes()).toEqual([]);
  });

  it('is refused by MariaDB without asking it', async () => {
    const fake = fakeServer({ dialect: mariadb });
    await expect(cloneFrom(fake.op, donor, account)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    expect(fake.sent).toEqual([]);
  });

  it('closes the recipient again when the copy fails', async () => {
    const fake = fakeServer({
      answer: (sql) => {
        if (sql.includes('PLUGIN_STATUS')) return [{ status: 'ACTIVE' }];
        if (sql.includes('AS superReadOnly')) return [{ readOnly: '1', superReadOnly: '1' }];
        return sql.startsWith('CLONE') ? Promise.reject(new Error('no donor')) : undefined;
      },
    });
    await expect(cloneFrom(fake.op, donor, account)).rejects.toThrow('no donor');
    expect(fake.changes()).toEqual([
      "SET GLOBAL clone_valid_donor_list = 'db1:3306'",
      'SET GLOBAL super_read_only = OFF',
      "helper: CLONE INSTANCE FROM 'donor'@'db1':3306 IDENTIFIED BY 'p''w' REQUIRE NO SSL",
      'SET GLOBAL super_read_only = ON',
    ]);
  });
});
