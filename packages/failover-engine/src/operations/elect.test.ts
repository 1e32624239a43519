import { describe, expect, it } from 'vitest';
import { evaluate } from '../core/decide.js';
import { EngineDied, FakeWorld, key } from '../testing/fake-world.js';
import { resumeElection, startElection } from './elect.js';

/** A group that was registered and never had a primary: all closed, following the first. */
function newGroup(): FakeWorld {
  const world = new FakeWorld();
  world.records = { ...world.records, primary: null, route: null };
  world.server(1).readOnly = true;
  return world;
}

const elect = (world: FakeWorld, engine = 'e1') =>
  startElection(world.context(engine), key(1), evaluate(world.view()), 'op-1');

function expectElected(world: FakeWorld): void {
  expect(world.records).toMatchObject({
    primary: { primary: key(1), epoch: 1 },
    route: { write: key(1), epoch: 1 },
    journal: null,
  });
  expect(world.writable()).toEqual([key(1)]);
  expect(world.writableAtOnce).toEqual([]);
}

describe('an election', () => {
  it('records, opens and routes to the member that is the most complete', async () => {
    const world = newGroup();
    expect((await elect(world)).result).toBe('done');
    expectElected(world);
    expect(world.history).toMatchObject([{ kind: 'election', result: 'done', to: key(1), epoch: 1 }]);
  });

  it('is refused once there is a primary, a route, or maintenance', async () => {
    const world = new FakeWorld();
    expect((await elect(world)).result).toBe('refused');
    const routed = newGroup();
    const { route } = new FakeWorld().records;
    routed.records = { ...routed.records, route };
    expect((await elect(routed)).reason).toContain('a route is published');
    const white = newGroup();
    white.records = { ...white.records, maintenance: { by: 'ann', reason: 'disk', untilMs: null } };
    expect((await elect(white)).reason).toContain('maintenance by ann');
    expect(white.records.primary).toBeNull();
  });

  it('is refused when reading the members again leads elsewhere', async () => {
    const world = newGroup();
    const evaluation = evaluate(world.view());
    world.server(2).executed = `${world.server(1).uuid}:1-120`;
    const outcome = await startElection(world.context('e1'), key(1), evaluation, 'op-1');
    expect(outcome).toMatchObject({ result: 'refused' });
    expect(world.records.primary).toBeNull();
  });

  it('is brought to an end by another engine, wherever the first one dies', async () => {
    const counting = newGroup();
    await elect(counting);
    for (let call = 1; call <= counting.calls; call += 1) {
      const world = newGroup();
      world.diesAtCall = call;
      await elect(world).catch((error: unknown) => expect(error).toBeInstanceOf(EngineDied));
      world.diesAtCall = Number.POSITIVE_INFINITY;
      const { journal } = world.records;
      if (journal !== null) await resumeElection(world.context('e2'), journal, world.records);
      else if (world.records.primary === null) await elect(world, 'e2');
      expectElected(world);
    }
  });
});
