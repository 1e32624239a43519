import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryFixture } from '../testing/memory-fixture.js';
import { NotOwnerError, createStore } from './index.js';
import type { GroupOwner, OwnershipClaim, Store } from './index.js';
import type { MemoryClient } from '../memory/index.js';

type TestStore = Store & { client: MemoryClient };

let fixture: MemoryFixture;
let store: TestStore;
let other: TestStore;

const group = 'orders';
const white = { by: 'engine', reason: '', sinceMs: 1 };

beforeEach(async () => {
  fixture = new MemoryFixture();
  store = await fixture.store();
  other = await fixture.store();
});

async function claimed(by: Store, engine: string): Promise<OwnershipClaim> {
  const result = await by.claimOwnership(group, { engine });
  if (!result.owned) throw new Error('not owned');
  return result.claim;
}

async function owner(by: Store, engine: string): Promise<GroupOwner> {
  return by.asOwner(group, await claimed(by, engine));
}

describe('ownership of a group', () => {
  it('goes to one engine', async () => {
    const mine = await owner(store, 'e1');
    expect(await other.claimOwnership(group, { engine: 'e2' })).toMatchObject({
      owned: false,
      owner: { engine: 'e1' },
    });
    await mine.multi([store.white.opCreate({ group }, white)]);
    expect(await store.white.read({ group })).not.toBeNull();
  });

  it('can be asked for before the session is connected', async () => {
    const early = fixture.ensemble.connect();
    expect(early.sessionId).toBe(0n);
    const result = await createStore(early, { clock: fixture.clock }).claimOwnership(group, { engine: 'e1' });
    expect(result.owned && result.claim.claim).toBe(`${early.sessionId.toString(16)}-1`);
  });

  it('two that want it at once: one has it', async () => {
    const results = await Promise.all(
      [store, other].map((one, index) => one.claimOwnership(group, { engine: `e${index}` })),
    );
    expect(results.filter(({ owned }) => owned)).toHaveLength(1);
  });

  it('an engine that wakes up late cannot write any more', async () => {
    const mine = await owner(store, 'e1');
    store.client.freeze();
    await fixture.clock.advance(10_000);
    const theirs = await owner(other, 'e2');
    store.client.thaw();
    const late = mine.multi([store.white.opCreate({ group }, white)]);
    await expect(late).rejects.toBeInstanceOf(NotOwnerError);
    expect(mine.lostReason).toContain('expired');
    expect(() => mine.assertHeld()).toThrow('e1 does not own the group orders any more');
    await theirs.multi([other.white.opCreate({ group }, white)]);
  });

  it('a claim is worth nothing once the node was deleted and taken by another, in the same session too', async () => {
    const mine = await owner(store, 'e1');
    await other.zk.delete('/mysql/engine/owner/orders');
    const gone = mine.multi([store.white.opCreate({ group }, white)]);
    await expect(gone).rejects.toBeInstanceOf(NotOwnerError);
    await expect(gone).rejects.toThrow('its node is gone');
    await owner(other, 'e2');
    // The new node has the same version as ours had: only the fence tells them apart.
    const late = mine.multi([store.white.opCreate({ group }, white)]);
    await expect(late).rejects.toThrow('another engine took over');
    await mine.release();
    expect((await store.engineOwner.read({ group }))?.value.engine).toBe('e2');
    expect(await store.white.read({ group })).toBeNull();
  });

  it('a claim whose answer was lost is found again', async () => {
    let lose = 1;
    fixture.ensemble.intercept = ({ op }) =>
      op === 'multi' && lose-- > 0 ? { kind: 'lose-answer' } : undefined;
    const mine = await owner(store, 'e1');
    expect(mine.claim.fenceVersion).toBe(1);
    await mine.multi([store.white.opCreate({ group }, white)]);
  });

  it('a claim made earlier in the session is replaced by a new one', async () => {
    const first = await owner(store, 'e1');
    const second = await owner(store, 'e1');
    await expect(first.multi([store.white.opCreate({ group }, white)])).rejects.toBeInstanceOf(NotOwnerError);
    await second.multi([store.white.opCreate({ group }, white)]);
    const before = await store.engineOwner.read({ group });
    expect(before?.stat.ephemeralOwner).toBe(store.zk.sessionId);
  });

  it('is given up by release; what comes later is refused without asking', async () => {
    const mine = await owner(store, 'e1');
    await mine.release();
    await mine.release();
    expect(await store.engineOwner.read({ group })).toBeNull();
    await expect(mine.multi([])).rejects.toThrow('released');
    await owner(other, 'e2');
  });

  it('a refused operation is named by its place among those given', async () => {
    const mine = await owner(store, 'e1');
    const refused = mine.multi([
      store.white.opCreate({ group }, white),
      store.master.opCheck({ group }, { version: 3 }),
    ]);
    await expect(refused).rejects.toMatchObject({ name: 'MultiError', code: 'NO_NODE', index: 1 });
    const results = await mine.multi([store.white.opCreate({ group }, white)]);
    expect(results).toMatchObject([{ type: 'create', path: '/mysql/white/orders' }]);
  });

  it('tells its engine when it is lost', async () => {
    const mine = await owner(store, 'e1');
    const reasons: string[] = [];
    await mine.watchLost((reason) => reasons.push(reason));
    await fixture.settle();
    expect(reasons).toEqual([]);
    await other.zk.delete('/mysql/engine/owner/orders');
    await fixture.settle();
    expect(reasons).toEqual(['its node is gone']);
  });

  it('a claim of another group is refused', async () => {
    const claim = await claimed(store, 'e1');
    expect(() => store.asOwner('billing', claim)).toThrow(TypeError);
  });
});
