import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GroupUnderTest, keyOf } from './support/group-under-test.js';

describe('a group of MariaDB servers', () => {
  let under: GroupUnderTest;

  beforeAll(async () => {
    under = await GroupUnderTest.start({
      name: 'mariadb-engine',
      flavor: 'mariadb',
      semiSync: true,
      policy: { antiFlapMs: 0 },
    });
    await under.write(await under.primary(), ['CREATE TABLE app.t (id INT PRIMARY KEY)']);
  });

  afterAll(() => under?.close());

  const rows = (server: Parameters<GroupUnderTest['value']>[0]): Promise<string> =>
    under.value(server, 'SELECT GROUP_CONCAT(id ORDER BY id) FROM app.t');

  it('fails over by itself when mariadbd is killed; nothing acknowledged is lost', async () => {
    const old = await under.primary();
    for (const id of [1, 2, 3]) await under.write(old, [`INSERT INTO app.t VALUES (${id})`]);
    await old.kill();
    const entry = await under.failoverFrom(old);
    expect(entry.result).toBe('done');
    const next = await under.primary();
    expect(keyOf(next)).toBe(entry.to);
    await under.write(next, ['INSERT INTO app.t VALUES (4)']);
    expect(await rows(next)).toBe('1,2,3,4');
    for (const replica of under.replicasOf(next).filter((server) => server !== old)) {
      await under.eventually('the replica has it all', async () => (await rows(replica)) === '1,2,3,4');
    }
    await old.start();
    await under.healthy(keyOf(next));
    await under.eventually('the old primary has it all', async () => (await rows(old)) === '1,2,3,4');
  });

  it('switches over, and back', async () => {
    for (let id = 10; id < 12; id += 1) {
      const from = await under.primary();
      const target = keyOf(under.replicasOf(from)[0]!);
      const entry = await under.resultOf('switchover', { target });
      expect(entry).toMatchObject({ result: 'done', to: target });
      await under.healthy(target);
      await under.write(under.serverAt(target), [`INSERT INTO app.t VALUES (${id})`]);
    }
    expect(await rows(await under.primary())).toBe('1,2,3,4,10,11');
  });
});
