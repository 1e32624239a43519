import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GroupUnderTest, keyOf } from './support/group-under-test.js';

describe('engines and agents on real servers', () => {
  let under: GroupUnderTest;

  beforeAll(async () => {
    under = await GroupUnderTest.start({
      name: 'engine-test',
      semiSync: true,
      policy: { antiFlapMs: 0 },
      engines: 2,
    });
    await under.write(await under.primary(), ['CREATE TABLE IF NOT EXISTS app.t (id INT PRIMARY KEY)']);
  });

  afterAll(() => under?.close());

  const master = async () => (await under.store.master.read({ group: under.group }))?.value;

  it('fails over when mysqld is killed; the old primary comes back as a replica', async () => {
    const before = await master();
    const old = await under.primary();
    await under.write(old, ['INSERT INTO app.t VALUES (1)']);
    await old.kill();
    const successor = await under.replaced(old);
    expect((await master())?.epoch).toBeGreaterThan(before?.epoch ?? 0);
    await under.write(successor, ['INSERT INTO app.t VALUES (2)']);
    await old.start();
    await under.healthy(keyOf(successor));
  });

  it('switches over on request, and back', async () => {
    const { group, store } = under;
    const first = await under.primary();
    const targets = [under.replicasOf(first)[0] ?? first, first];
    for (const [index, target] of targets.entries()) {
      await store.task.append(
        {},
        {
          kind: 'switchover',
          group,
          requestedBy: 'test',
          requestedAtMs: Date.now(),
          args: { target: keyOf(target) },
        },
      );
      await under.healthy(keyOf(target));
      await under.write(target, [`INSERT INTO app.t VALUES (${10 + index})`]);
    }
  });
});
