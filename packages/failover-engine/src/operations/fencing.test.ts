import type { GroupPolicyInput } from '@dcmha/zk-schema';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../core/decide.js';
import type { AgentView, GroupView } from '../core/model.js';
import { FakeWorld, key } from '../testing/fake-world.js';
import { startFailover } from './failover.js';

const hungAgent: AgentView = { up: true, mysqld: 'hung', detail: 'test', endpoint: null };
const noAgent: AgentView = { up: false, mysqld: 'unknown', detail: '', endpoint: null };

/** Fails over from a primary that nobody reaches; how long the virtual clock ran until a successor was recorded. */
async function failOver(policy: GroupPolicyInput, agent: AgentView, semisync?: { timeoutMs: number }) {
  const world = new FakeWorld({ policy });
  world.server(1).up = false;
  const view = (): GroupView => {
    const now = world.view();
    return {
      ...now,
      members: now.members.map((m) =>
        m.key !== key(1)
          ? m
          : {
              ...m,
              agent,
              probe: { ...m.probe, outcome: 'hung' as const },
              state:
                m.state === null
                  ? null
                  : { ...m.state, semisync: { ...m.state.semisync, waitForAckers: 1, ...semisync } },
            },
      ),
    };
  };
  const began = world.now;
  const context = { ...world.context('e1'), view };
  const outcome = await startFailover(context, key(1), evaluate(view()), 'op-1');
  expect(outcome.result).toBe('done');
  return (world.records.primary?.sinceMs ?? 0) - began;
}

describe('an old primary that cannot be asked', () => {
  const leaseMs = 10_000;
  const async_ = { durability: { mode: 'async' as const }, leaseMs };

  it('lease: once its agent has left ZooKeeper it is closed', async () => {
    expect(await failOver({ ...async_, fencing: 'lease' }, noAgent)).toBeLessThan(leaseMs);
    expect(await failOver({ ...async_, fencing: 'lease' }, hungAgent)).toBeGreaterThanOrEqual(leaseMs);
  });

  it('failsafe: the other agents may keep it open without ZooKeeper, so the whole of leaseMs is waited for', async () => {
    expect(await failOver({ ...async_, fencing: 'failsafe' }, noAgent)).toBeGreaterThanOrEqual(leaseMs);
  });

  it('semi-sync: without the acknowledgements of its replicas it can tell nobody anything, nothing is waited for', async () => {
    expect(await failOver({ fencing: 'failsafe', leaseMs }, noAgent)).toBeLessThan(leaseMs);
    expect(await failOver({ fencing: 'failsafe', leaseMs }, hungAgent)).toBeLessThan(leaseMs);
  });

  it('semi-sync that goes on without acknowledgement after a while revokes nothing', async () => {
    const falls = { durability: { mode: 'semisync' as const, fallbackMs: 1_000 }, leaseMs };
    expect(await failOver(falls, noAgent)).toBeGreaterThanOrEqual(leaseMs);
    expect(await failOver({ leaseMs }, noAgent, { timeoutMs: 10_000 })).toBeGreaterThanOrEqual(leaseMs);
    expect(await failOver({ leaseMs }, noAgent, { timeoutMs: 4_294_967_295 })).toBeLessThan(leaseMs);
  });
});
