import { describe, expect, it } from 'vitest';
import { evaluate } from '../core/decide.js';
import type { GroupView } from '../core/model.js';
import { FakeWorld, key } from '../testing/fake-world.js';
import { NotableEvaluations } from './notable.js';

const world = new FakeWorld();
const at = (nowMs: number, broken: boolean): GroupView => {
  const view = world.view();
  const members = view.members.map((m) =>
    broken && m.key === key(1)
      ? { ...m, heartbeat: false, agent: { ...m.agent, up: false, mysqld: 'unknown' as const } }
      : m,
  );
  return { ...view, nowMs, wallMs: nowMs, members, symptomsSince: new Map([['heartbeat-lost', 0]]) };
};

describe('NotableEvaluations', () => {
  const ask = (notable: NotableEvaluations, nowMs: number, broken: boolean) => {
    const view = at(nowMs, broken);
    const evaluation = evaluate(view);
    const alerts = evaluation.diagnoses.filter(({ name }) => name === 'heartbeat-lost');
    return notable.next({ ...evaluation, alerts }, view);
  };

  it('says once what has lasted, and once that it is over', () => {
    const notable = new NotableEvaluations();
    expect(ask(notable, 10_000, true)).toBeNull();
    const entry = ask(notable, 11_500, true);
    expect(entry).toMatchObject({ kind: 'decision', result: 'noted', from: key(1) });
    expect(entry?.notes.join()).toContain('heartbeat-lost');
    expect(ask(notable, 13_000, true)).toBeNull();
    expect(ask(notable, 14_000, false)).toBeNull();
    expect(ask(notable, 15_500, false)?.reason).toContain('over: heartbeat-lost');
    expect(ask(notable, 20_000, false)).toBeNull();
  });

  it('what comes and goes quickly is not said', () => {
    const notable = new NotableEvaluations();
    for (let ms = 0; ms < 20_000; ms += 500) expect(ask(notable, ms, ms % 1_000 === 0)).toBeNull();
  });

  it('does not fill the history, however often things change', () => {
    const notable = new NotableEvaluations();
    let entries = 0;
    for (let ms = 0; ms < 3_600_000; ms += 1_500) {
      if (ask(notable, ms, Math.floor(ms / 3_000) % 2 === 0) !== null) entries += 1;
    }
    expect(entries).toBeGreaterThan(5);
    expect(entries).toBeLessThanOrEqual(16);
  });
});
