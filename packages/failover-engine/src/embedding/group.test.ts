import { afterEach, describe, expect, it } from 'vitest';
import type { HistoryEntry } from '../core/journal.js';
import type { Route } from '../core/model.js';
import type { Hook, HookFacts } from '../hooks/hook.js';
import { FakeWorld, key } from '../testing/fake-world.js';
import { Group, GroupClosedError, GroupRefusedError, type GroupOptions } from './group.js';
import { StoreConflictError, type GroupStore } from './group-store.js';

/** A store in memory that can fail as real ones do. */
class MemoryStore implements GroupStore {
  #text: string | null = null;
  #version = 0;
  /** The next write happens and its answer is lost. */
  losesAnswer = false;

  async load() {
    await Promise.resolve();
    return this.#text === null ? null : { text: this.#text, version: this.#version };
  }

  async save(text: string, over: number | null) {
    await Promise.resolve();
    if (over !== (this.#text === null ? null : this.#version)) throw new StoreConflictError(over);
    this.#text = text;
    this.#version += 1;
    if (this.losesAnswer) {
      this.losesAnswer = false;
      throw new Error('connection reset');
    }
    return this.#version;
  }
}

const groups: Group[] = [];
afterEach(async () => {
  await Promise.all(groups.splice(0).map((group) => group.close()));
});

async function start(world: FakeWorld, options: Partial<GroupOptions> = {}): Promise<Group> {
  const { server } = world.context('embedded');
  const group = await Group.start({
    name: 'orders',
    members: [...world.servers.keys()].map((k) => ({ server: server(k) })),
    store: new MemoryStore(),
    primary: key(1),
    observe: { primaryIntervalMs: 10, replicaIntervalMs: 10, timeoutMs: 500 },
    ...options,
    policy: { fencing: 'none', patience: { refusedMs: 30 }, ...options.policy },
  });
  groups.push(group);
  await expect.poll(() => group.route?.write, { timeout: 5_000 }).toBe(key(1));
  return group;
}

function die(world: FakeWorld): void {
  world.server(1).up = false;
  for (const n of [2, 3]) world.server(n).receiver = 'stopped';
}

const kinds = (history: readonly HistoryEntry[]): string[] => history.map((e) => `${e.kind} ${e.result}`);
const hook = (run: (facts: HookFacts) => boolean): Hook => ({
  timeoutMs: 1_000,
  run: async (facts) => ({ ok: run(facts), detail: `${facts.point} of ${facts.group}` }),
});

describe('a group in somebody’s own program', () => {
  it('fails over, points clients at the new primary, and runs its hooks', async () => {
    const world = new FakeWorld();
    const [routes, seen]: [Route[], HookFacts[]] = [[], []];
    const told = hook((facts) => seen.push(facts) > 0);
    const group = await start(world, {
      policy: { hooks: { preFailover: ['told'], postFailover: ['told'] } },
      hooks: { told },
      applyRoute: async (route) => void routes.push(route),
    });
    die(world);
    await expect.poll(() => kinds(group.history), { timeout: 5_000 }).toContain('hooks done');
    expect(group.primary).toBe(key(2));
    expect(world.writable()).toEqual([key(2)]);
    expect(routes.map((r) => r.write)).toEqual([key(1), null, key(2)]);
    expect(seen.map(({ point, from, to, epoch }) => ({ point, from, to, epoch }))).toEqual([
      { point: 'preFailover', from: key(1), to: null, epoch: 2 },
      { point: 'postFailover', from: key(1), to: key(2), epoch: 2 },
    ]);
    expect(seen[1]?.id).toBe(seen[0]?.id);
    const failover = group.history.find((e) => e.kind === 'failover');
    expect(failover?.notes.join()).toContain('hook told done');
  });

  it('a veto of a hook keeps it from failing over, and stands in the history once', async () => {
    const world = new FakeWorld();
    let asked = 0;
    const no = hook(() => {
      asked += 1;
      return false;
    });
    const group = await start(world, { policy: { hooks: { preFailover: ['no'] } }, hooks: { no } });
    die(world);
    await expect.poll(() => asked, { timeout: 10_000 }).toBeGreaterThan(1);
    await expect
      .poll(() => group.history.filter((e) => e.kind === 'failover'), { timeout: 5_000 })
      .toMatchObject([{ result: 'refused', reason: 'hook no vetoes: preFailover of orders' }]);
    expect(group.primary).toBe(key(1));
  });

  it('explains itself when there is nothing to do: candidates, and why not the others', async () => {
    const world = new FakeWorld({ members: 4 });
    const { server } = world.context('embedded');
    const members = [1, 2, 3, 4].map((n) => ({
      server: server(key(n)),
      promotion: n === 3 ? ('must-not' as const) : ('neutral' as const),
    }));
    const group = await start(world, { members });
    await expect.poll(() => group.explain().evaluations[0]?.diagnoses[0]?.name).toBe('healthy');
    const { evaluations, candidates } = group.explain();
    expect(evaluations[0]).toMatchObject({ action: { kind: 'none' } });
    expect(evaluations[0]?.reason).toContain('nothing to do');
    expect(candidates).toMatchObject({
      eligible: [key(2), key(4)],
      refused: [{ member: key(3), reason: 'has the promotion rule must-not' }],
    });
  });

  it('what is decided stands in the history, changes only', async () => {
    const world = new FakeWorld();
    const group = await start(world, { policy: { failover: 'manual' } });
    die(world);
    await expect.poll(() => kinds(group.history), { timeout: 10_000 }).toContain('decision noted');
    const [decision] = group.history.filter((e) => e.kind === 'decision');
    expect(decision?.reason).toContain('no failover: the policy says failover: manual');
    expect(decision?.notes.join()).toContain('primary-refuses');
    await expect.poll(() => group.explain().evaluations.length).toBeGreaterThan(0);
    expect(group.history.filter((e) => e.kind === 'decision')).toHaveLength(1);
    world.server(1).up = true;
    for (const n of [2, 3]) world.server(n).receiver = 'running';
    await expect
      .poll(() => group.history.at(-1)?.reason, { timeout: 10_000 })
      .toContain('over: primary-refuses');
  });

  it('switches over, and says beforehand what it would do', async () => {
    const world = new FakeWorld();
    const group = await start(world);
    await expect.poll(async () => (await group.checkSwitchover(key(3))).possible).toBe(true);
    const report = await group.checkSwitchover(key(3));
    expect(report.plan).toMatchObject({ from: key(1), to: key(3), holdMsMax: 5_000 });
    expect(report.checks.map((c) => c.name)).toEqual([
      'group',
      'target',
      'primary',
      'candidate',
      'replication',
      'lag',
      'long-transactions',
    ]);
    expect(group.history).toEqual([]);
    const done = await group.switchover({ requestedBy: 'ann', target: key(3) });
    expect(done).toMatchObject({ kind: 'switchover', result: 'done', to: key(3), requestedBy: 'ann' });
    const again = await group.switchover({ requestedBy: 'ann', target: key(9) });
    expect(again).toMatchObject({
      result: 'refused',
      reason: expect.stringContaining('not a member') as string,
    });
  });

  it('a switchover for later waits until the group is healthy, and is given up in the end', async () => {
    const world = new FakeWorld();
    const group = await start(world);
    world.server(1).readOnly = true;
    world.server(2).executed += ',00000002-0000-0000-0000-000000000000:1';
    const notBeforeMs = Date.now() + 50;
    const refused = await group.switchover({ requestedBy: 'ann', notBeforeMs, withinMs: 100 });
    expect(refused).toMatchObject({ kind: 'switchover', result: 'refused' });
    expect(refused.reason).toMatch(/not begun in the time that was given for it/);
    world.server(1).readOnly = false;
    world.server(2).executed = world.server(1).executed;
    const later = group.switchover({ requestedBy: 'ann', notBeforeMs: Date.now() + 300, withinMs: 20_000 });
    await expect
      .poll(() => group.explain().tasks)
      .toMatchObject([{ kind: 'switchover', requestedBy: 'ann', reason: null }]);
    expect(await later).toMatchObject({ result: 'done' });
  });
});

describe('failover by hand', () => {
  const lossy = async () => {
    const world = new FakeWorld();
    const group = await start(world, { policy: { failover: 'manual', tailRecovery: 'best-effort' } });
    world.server(1).executed = `${world.server(1).uuid}:1-105`;
    await expect
      .poll(() => group.explain().evaluations.length > 0 && group.explain().candidates?.reason, {
        timeout: 5_000,
      })
      .toBeTruthy();
    return { world, group };
  };

  it('is refused while the primary answers', async () => {
    const group = await start(new FakeWorld());
    const entry = await group.failover({ requestedBy: 'ann' });
    expect(entry).toMatchObject({ kind: 'failover', result: 'refused', requestedBy: 'ann' });
    expect(entry.reason).toContain('use a switchover, which loses nothing');
  });

  it('refuses to lose what is known to be missing and says how much; does it when that is accepted', async () => {
    const { world, group } = await lossy();
    // It was looked at since.
    const { calls } = world;
    await expect.poll(() => world.calls).toBeGreaterThan(calls + 30);
    die(world);
    const refused = await group.failover({ requestedBy: 'ann' });
    expect(refused.result).toBe('refused');
    expect(refused.reason).toContain(
      `5 transactions of ${key(1)} would be lost (${world.server(1).uuid}:101-105)`,
    );
    expect(group.route?.write).toBe(key(1));
    const done = await group.failover({ requestedBy: 'ann', target: key(3), allowDataLoss: true });
    expect(done).toMatchObject({ kind: 'failover', result: 'done', to: key(3), requestedBy: 'ann' });
    expect(done.reason).toBe('asked for by ann, losses accepted');
    expect(done.notes.join()).toContain('accepted by hand: 5 transactions');
  });

  it('is done within the anti-flap window, and where the policy wants a person', async () => {
    const world = new FakeWorld();
    const group = await start(world, { policy: { failover: 'manual' } });
    die(world);
    expect(await group.failover({ requestedBy: 'ann' })).toMatchObject({ result: 'done', to: key(2) });
    world.server(2).up = false;
    world.server(3).receiver = 'stopped';
    expect(await group.failover({ requestedBy: 'ann' })).toMatchObject({ result: 'done', to: key(3) });
    expect(world.writableAtOnce).toEqual([]);
  });

  it('when the tail is required and its host is gone: only with losses accepted', async () => {
    const world = new FakeWorld();
    const group = await start(world, { policy: { failover: 'manual', tailRecovery: 'required' } });
    die(world);
    const refused = await group.failover({ requestedBy: 'ann' });
    expect(refused.reason).toContain('the policy says tailRecovery: required');
    expect(await group.failover({ requestedBy: 'ann', allowDataLoss: true })).toMatchObject({
      result: 'done',
    });
  });
});

describe('maintenance', () => {
  /** What a person does: moves the primary by hand. */
  function moveByHand(world: FakeWorld, to: number): void {
    for (const server of world.servers.values()) {
      const isPrimary = server.key === key(to);
      server.readOnly = !isPrimary;
      server.source = isPrimary ? null : key(to);
      server.receiver = isPrimary ? 'stopped' : 'running';
      server.applier = isPrimary ? 'stopped' : 'running';
    }
  }

  it('nothing is touched meanwhile; then the primary that was left is adopted under a new epoch', async () => {
    const world = new FakeWorld();
    const group = await start(world);
    await group.startMaintenance({ by: 'ann', reason: 'disks' });
    moveByHand(world, 3);
    await expect
      .poll(() => group.explain().evaluations[0]?.reason, { timeout: 5_000 })
      .toContain('is in maintenance by ann');
    expect(world.writable()).toEqual([key(3)]);
    expect(await group.switchover({ requestedBy: 'bob' })).toMatchObject({ result: 'refused' });
    const adopted = await group.endMaintenance({ requestedBy: 'ann' });
    expect(adopted).toMatchObject({ kind: 'adopt', result: 'done', from: key(1), to: key(3), epoch: 2 });
    expect(group.primary).toBe(key(3));
    expect(group.route).toMatchObject({ write: key(3), read: [key(1), key(2)], epoch: 2 });
    await expect.poll(() => world.server(3).semisyncSource).toBe(true);
  });

  it('is not ended while two servers are writable, nobody is, or somebody follows another', async () => {
    const world = new FakeWorld();
    const group = await start(world);
    await group.startMaintenance({ by: 'ann', reason: 'disks' });
    const end = async (target?: string): Promise<string> => {
      const entry = await group.endMaintenance({
        requestedBy: 'ann',
        ...(target === undefined ? {} : { target }),
      });
      expect(entry).toMatchObject({ kind: 'adopt', result: 'refused' });
      return entry.reason;
    };
    world.server(2).readOnly = false;
    expect(await end()).toContain(`2 servers are writable: ${key(1)}, ${key(2)}`);
    world.server(1).readOnly = true;
    world.server(2).readOnly = true;
    expect(await end()).toContain('no server is writable');
    moveByHand(world, 2);
    expect(await end(key(3))).toBe(`${key(2)} is the writable server, not ${key(3)}`);
    world.server(3).source = key(1);
    expect(await end()).toBe(`${key(3)} follows ${key(1)}, not ${key(2)}`);
    expect(group.primary).toBe(key(1));
    expect(group.explain().maintenance).toMatchObject({ by: 'ann' });
    moveByHand(world, 2);
    expect(await group.endMaintenance({ requestedBy: 'ann', target: key(2) })).toMatchObject({
      result: 'done',
    });
  });

  it('ends by itself at its time: adopted, or it goes on and says why', async () => {
    const world = new FakeWorld();
    const group = await start(world);
    moveByHand(world, 2);
    world.server(3).source = key(1);
    await group.startMaintenance({ by: 'ann', reason: 'disks', untilMs: Date.now() + 200 });
    await expect
      .poll(() => group.explain().maintenance?.refused, { timeout: 5_000 })
      .toBe(`${key(3)} follows ${key(1)}, not ${key(2)}`);
    await expect.poll(() => kinds(group.history), { timeout: 5_000 }).toContain('adopt refused');
    expect(world.writable()).toEqual([key(2)]);
    world.server(3).source = key(2);
    await expect.poll(() => group.primary, { timeout: 5_000 }).toBe(key(2));
    expect(group.history.filter((e) => e.kind === 'adopt').map((e) => e.result)).toEqual(['refused', 'done']);
  });

  it('a time that is over is refused', async () => {
    const group = await start(new FakeWorld());
    const ended = group.startMaintenance({ by: 'ann', reason: 'x', untilMs: 5 });
    await expect(ended).rejects.toThrow('untilMs = 5 is over already');
  });
});

describe('the store of a group', () => {
  it('whoever starts later owns the group; the one before stops', async () => {
    const [world, store] = [new FakeWorld(), new MemoryStore()];
    const first = await start(world, { store });
    const second = await start(world, { store });
    await expect(first.switchover({ requestedBy: 'ann' })).rejects.toThrow();
    await expect(first.checkSwitchover()).resolves.toBeDefined();
    expect(await second.switchover({ requestedBy: 'ann' })).toMatchObject({ result: 'done', to: key(2) });
    expect(world.writableAtOnce).toEqual([]);
  });

  it('a write whose answer is lost is not done twice', async () => {
    const [world, store] = [new FakeWorld(), new MemoryStore()];
    const group = await start(world, { store });
    store.losesAnswer = true;
    expect(await group.switchover({ requestedBy: 'ann' })).toMatchObject({ result: 'done', epoch: 2 });
    expect(group.history.filter((e) => e.kind === 'switchover')).toHaveLength(1);
  });

  it('remembers the group from one start to the next', async () => {
    const [world, store] = [new FakeWorld(), new MemoryStore()];
    const first = await start(world, { store });
    await first.switchover({ requestedBy: 'ann', target: key(3) });
    await first.close();
    const { server } = world.context('embedded');
    const members = [1, 2, 3].map((n) => ({ server: server(key(n)) }));
    const policy = { durability: { mode: 'async' }, fencing: 'none' } as const;
    const second = await Group.start({ name: 'orders', members, store, policy, primary: key(1) });
    groups.push(second);
    expect(second.primary).toBe(key(3));
    expect(second.history).toHaveLength(1);
    await expect(Group.start({ name: 'billing', members, store, policy })).rejects.toThrow(
      'what is stored for billing is the document of orders',
    );
  });

  it('what is asked of a closed group is refused', async () => {
    const group = await start(new FakeWorld());
    await group.close();
    await expect(group.switchover({ requestedBy: 'ann' })).rejects.toThrow(GroupClosedError);
  });
});

describe('a group that contradicts itself', () => {
  const members = (...ns: number[]) => {
    const { server } = new FakeWorld().context('e');
    return ns.map((n) => ({ server: server(key(n)) }));
  };
  it.each<[string, Partial<GroupOptions>, string]>([
    [
      'too many acknowledgements',
      { policy: { durability: { mode: 'semisync', ackers: 3 } } },
      'durability.ackers = 3',
    ],
    ['an unknown hook', { policy: { hooks: { preFailover: ['x'] } } }, 'hooks.preFailover = "x"'],
    ['a member twice', { members: members(1, 2, 2) }, `members = "${key(2)}": given twice`],
    [
      'nobody to promote',
      { members: members(1), policy: { durability: { mode: 'async' } } },
      'failover = "automatic"',
    ],
    ['a negative time', { policy: { antiFlapMs: -1 } }, 'policy.antiFlapMs'],
    ['a primary that is no member', { primary: 'x:1' }, 'primary = "x:1"'],
  ])('%s', async (_, options, message) => {
    const started = Group.start({
      name: 'orders',
      members: members(1, 2, 3),
      store: new MemoryStore(),
      ...options,
    });
    await expect(started).rejects.toThrow(GroupRefusedError);
    await expect(started).rejects.toThrow(message);
  });
});
