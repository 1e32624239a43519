import type { GroupPolicyInput } from '@dcmha/zk-schema';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../core/decide.js';
import { EngineDied, FakeWorld, key } from '../testing/fake-world.js';
import { resumeFailover, startFailover } from './failover.js';

function killPrimary(world: FakeWorld): void {
  world.server(1).up = false;
}

async function failOver(world: FakeWorld, engine = 'e1') {
  const context = world.context(engine);
  return startFailover(context, key(1), evaluate(world.view()), 'op-1');
}

/** Once an operation has ended: one writable primary, recorded and routed to, everybody alive behind it. */
function expectConverged(world: FakeWorld): void {
  const { primary, route, journal } = world.records;
  expect(journal).toBeNull();
  expect(world.writable()).toEqual([primary?.primary]);
  expect(route?.write).toBe(primary?.primary);
  expect(route?.epoch).toBe(primary?.epoch);
  for (const server of world.servers.values()) {
    if (!server.up || server.key === primary?.primary) continue;
    expect(server).toMatchObject({ source: primary?.primary, receiver: 'running', readOnly: true });
  }
  expect(world.writableAtOnce).toEqual([]);
}

describe('failover', () => {
  it('promotes a replica, routes to it and brings the others behind it', async () => {
    const world = new FakeWorld();
    killPrimary(world);
    expect((await failOver(world)).result).toBe('done');
    expectConverged(world);
    expect(world.records.primary).toMatchObject({ primary: key(2), epoch: 8 });
    expect(world.server(2)).toMatchObject({ source: null, semisyncSource: true });
    expect(world.history).toMatchObject([
      { kind: 'failover', result: 'done', from: key(1), to: key(2), epoch: 8 },
    ]);
    expect(Object.keys(world.history[0]?.phasesMs ?? {})).toEqual(
      expect.arrayContaining(['detected', 'confirmed', 'fenced', 'promoted', 'routed', 'followed']),
    );
  });

  it('chooses whoever has received most, and lets it apply all of that first', async () => {
    const world = new FakeWorld();
    world.server(1).executed = `${world.server(1).uuid}:1-105`;
    world.server(3).received = `${world.server(1).uuid}:1-105`;
    killPrimary(world);
    expect((await failOver(world)).result).toBe('done');
    expect(world.records.primary?.primary).toBe(key(3));
    expect(world.server(3).executed).toBe(`${world.server(1).uuid}:1-105`);
    expectConverged(world);
  });

  it('promotes nobody when the most complete replica cannot apply what it has received', async () => {
    const world = new FakeWorld();
    world.server(3).received = `${world.server(1).uuid}:1-105`;
    world.server(3).applies = false;
    killPrimary(world);
    const outcome = await failOver(world);
    expect(outcome.result).toBe('failed');
    expect(outcome.reason).toContain('lacks');
    expect(world.records.primary?.primary).toBe(key(1));
    expect(world.writable()).toEqual([]);
    expect(world.records.journal).toBeNull();
  });

  it('gives writes back to a primary that answers again before a successor is recorded', async () => {
    const world = new FakeWorld();
    killPrimary(world);
    const context = world.context('e1');
    const back = {
      ...context,
      server: (k: string) => {
        const control = context.server(k);
        return {
          ...control,
          stopReceiver: async (...args: Parameters<typeof control.stopReceiver>) => {
            world.server(1).up = true;
            await control.stopReceiver(...args);
            await new Promise((resolve) => setTimeout(resolve, 5));
          },
        };
      },
    };
    const outcome = await startFailover(back, key(1), evaluate(world.view()), 'op-1');
    expect(outcome.result).toBe('stood-down');
    expectConverged(world);
    expect(world.records.primary).toMatchObject({ primary: key(1), epoch: 8 });
  });

  it('waits out the lease of an agent that does not answer, when its server can neither be closed nor revoked', async () => {
    const world = new FakeWorld({ policy: { durability: { mode: 'async' }, leaseMs: 10_000 } });
    killPrimary(world);
    const context = world.context('e1');
    const begunMs = world.now;
    const silent = {
      ...context,
      view: () => {
        const view = world.view();
        const up = world.now - begunMs < 4_000;
        const members = view.members.map((m) =>
          m.key === key(1) ? { ...m, agent: { ...m.agent, up, mysqld: 'unknown' as const } } : m,
        );
        return { ...view, members };
      },
    };
    expect((await startFailover(silent, key(1), evaluate(world.view()), 'op-1')).result).toBe('done');
    expect(world.now - begunMs).toBeGreaterThanOrEqual(4_000);
    expect(world.history[0]?.notes.join()).toContain('lease');
  });

  it('does nothing when the records have changed since the decision', async () => {
    const world = new FakeWorld();
    const evaluation = evaluate(world.view());
    world.records = { ...world.records, maintenance: { by: 'ann', reason: 'disk', untilMs: null } };
    killPrimary(world);
    expect(await startFailover(world.context('e1'), key(1), evaluation, 'op-1')).toMatchObject({
      result: 'refused',
    });
    expect(world.records.route?.write).toBe(key(1));
  });

  it('is finished by another engine, wherever the first one dies', async () => {
    const rehearsal = new FakeWorld();
    killPrimary(rehearsal);
    await failOver(rehearsal);
    const total = rehearsal.calls;
    expect(total).toBeGreaterThan(10);

    for (let call = 0; call < total; call += 1) {
      const world = new FakeWorld();
      killPrimary(world);
      world.diesAtCall = call;
      await failOver(world).catch((error: unknown) => expect(error).toBeInstanceOf(EngineDied));
      world.diesAtCall = Number.POSITIVE_INFINITY;
      const { journal } = world.records;
      const second = world.context('e2');
      if (journal !== null) await resumeFailover(second, journal, world.records);
      else if (world.records.primary?.primary === key(1)) {
        await startFailover(second, key(1), evaluate(world.view()), 'op-2');
      }
      expectConverged(world);
      expect(world.records.primary?.primary, `died at call ${call}`).toBe(key(2));
    }
  });

  it('writes nothing once another engine owns the group', async () => {
    const world = new FakeWorld();
    killPrimary(world);
    const first = world.context('e1');
    const evaluation = evaluate(world.view());
    world.context('e2');
    await expect(startFailover(first, key(1), evaluation, 'op-1')).rejects.toThrow('no longer owns');
    expect(world.records.route?.write).toBe(key(1));
  });
});

describe('failover takes the tail of the dead primary from its disk', () => {
  const own = (world: FakeWorld, range: string): string => `${world.server(1).uuid}:${range}`;

  /** The primary has 20 transactions that no replica received. */
  function withTail(policy: GroupPolicyInput): FakeWorld & { readonly tail: NonNullable<FakeWorld['tail']> } {
    const world = new FakeWorld({ policy });
    world.server(1).executed = own(world, '1-120');
    world.tail = { gtidExecuted: own(world, '1-120'), gtidPurged: '', serves: true, asked: 0 };
    killPrimary(world);
    return world as never;
  }
  const async_ = { durability: { mode: 'async' } } as const;

  it('before it promotes, with async and with semi-sync replication', async () => {
    for (const policy of [async_, {}]) {
      const world = withTail(policy);
      expect(await failOver(world)).toMatchObject({ result: 'done' });
      expect(world.server(2).executed).toBe(own(world, '1-120'));
      expect(world.records.primary?.gtidExecuted).toBe(own(world, '1-120'));
      expect(world.history[0]?.phasesMs).toHaveProperty('tailed');
      expectConverged(world);
    }
  });

  it('by whoever the promotion rules prefer, though another had received more', async () => {
    const world = withTail(async_);
    world.server(3).received = own(world, '1-110');
    world.promotion.set(key(2), 'prefer');
    expect(await failOver(world)).toMatchObject({ result: 'done' });
    expect(world.records.primary?.primary).toBe(key(2));
    expectConverged(world);
  });

  it('not when some replica has everything, nor when the policy says off', async () => {
    const complete = withTail(async_);
    complete.server(3).received = own(complete, '1-120');
    await failOver(complete);
    expect(complete.records.primary?.primary).toBe(key(3));
    expect(complete.history[0]?.phasesMs).not.toHaveProperty('tailed');
    const off = withTail({ ...async_, tailRecovery: 'off' });
    await failOver(off);
    expect(off.tail.asked).toBe(0);
    expect(off.records.primary?.primary).toBe(key(2));
    expectConverged(off);
  });

  it('goes on without it when it cannot be had in time, and says so', async () => {
    const world = withTail({ ...async_, tailTimeoutMs: 2_000 });
    world.tail.serves = false;
    expect(await failOver(world)).toMatchObject({ result: 'done' });
    expect(world.history[0]?.notes.join('\n')).toMatch(
      /goes on without the tail: .* 20 transactions are missing/,
    );
    expectConverged(world);
  });

  it('promotes nobody without it when it is required, unless a person accepts the loss', async () => {
    const policy = { ...async_, tailRecovery: 'required', tailTimeoutMs: 2_000 } as const;
    const world = withTail(policy);
    world.tail.serves = false;
    expect(await failOver(world)).toMatchObject({ result: 'failed' });
    expect(world.records.primary?.primary).toBe(key(1));
    expect(world.writable()).toEqual([]);
    const gone = withTail(policy);
    gone.tail = null as never;
    const outcome = await failOver(gone);
    expect(outcome.result).toBe('failed');
    expect(outcome.reason).toMatch(/tailRecovery: required/);
  });

  it('not from a binlog that lacks what a replica would need first', async () => {
    const world = withTail(async_);
    world.tail = { ...world.tail, gtidPurged: own(world, '1-105') };
    expect(await failOver(world)).toMatchObject({ result: 'done' });
    expect(world.server(2).executed).toBe(own(world, '1-100'));
    expectConverged(world);
  });

  it('converges when the engine dies at any call, with everything that was on the disk', async () => {
    const whole = withTail(async_);
    await failOver(whole);
    const calls = whole.calls;
    for (let dies = 1; dies <= calls; dies += 1) {
      const world = withTail(async_);
      world.diesAtCall = dies;
      await failOver(world).catch((error: unknown) => {
        if (!(error instanceof EngineDied)) throw error;
      });
      world.diesAtCall = Number.POSITIVE_INFINITY;
      const context = world.context('e2');
      const records = await context.ledger.read({ timeoutMs: 1 });
      if (records.journal !== null) await resumeFailover(context, records.journal, records);
      else if (records.primary?.primary === key(1)) await failOver(world, 'e2');
      expect(world.records.primary?.gtidExecuted, `died at call ${dies}`).toBe(own(world, '1-120'));
      expectConverged(world);
    }
  });
});

describe('failover lets the preferred member catch up', () => {
  it('from a more complete one', async () => {
    const world = new FakeWorld();
    world.server(3).received = `${world.server(1).uuid}:1-110`;
    world.promotion.set(key(2), 'prefer');
    killPrimary(world);
    expect(await failOver(world)).toMatchObject({ result: 'done' });
    expect(world.records.primary).toMatchObject({
      primary: key(2),
      gtidExecuted: `${world.server(1).uuid}:1-110`,
    });
    expectConverged(world);
  });

  it('from one that must not be promoted', async () => {
    const world = new FakeWorld();
    world.server(3).received = `${world.server(1).uuid}:1-110`;
    world.promotion.set(key(3), 'must-not');
    killPrimary(world);
    expect(await failOver(world)).toMatchObject({ result: 'done' });
    expect(world.records.primary?.primary).toBe(key(2));
    expectConverged(world);
  });

  it('not with catchUpTimeoutMs: 0, where the more complete one is promoted', async () => {
    const world = new FakeWorld({ policy: { catchUpTimeoutMs: 0 } });
    world.server(3).received = `${world.server(1).uuid}:1-110`;
    world.promotion.set(key(2), 'prefer');
    killPrimary(world);
    expect(await failOver(world)).toMatchObject({ result: 'done' });
    expect(world.records.primary?.primary).toBe(key(3));
    expectConverged(world);
  });
});
