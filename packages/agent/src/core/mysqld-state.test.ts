import { describe, expect, it } from 'vitest';
import { initialView, nextView, type LocalNews, type LocalView, type ProbeOutcome } from './mysqld-state.js';

const probed = (outcome: ProbeOutcome): LocalNews => ({ kind: 'probed', outcome, detail: 'test' });
const gone: LocalNews = { kind: 'process-gone', pid: 7, how: 'test' };

function after(...news: [number, LocalNews][]): LocalView {
  return news.reduce(
    (view, [ms, n]) => nextView(view, n, { wallMs: ms, monotonicMs: ms }, 1_500),
    initialView,
  );
}

describe('state of mysqld', () => {
  it('a process that ended is down at once', () => {
    expect(after([0, probed('alive')], [10, gone])).toMatchObject({ state: 'down', sinceMs: 10 });
  });

  it('silence makes it hung only when it lasts', () => {
    expect(after([0, probed('alive')], [1_000, probed('hung')])).toMatchObject({ state: 'up' });
    expect(after([0, probed('alive')], [1_000, probed('hung')], [2_500, probed('hung')])).toMatchObject({
      state: 'hung',
    });
    expect(
      after([0, probed('alive')], [1_000, probed('hung')], [2_000, probed('alive')], [3_000, probed('hung')]),
    ).toMatchObject({
      state: 'up',
    });
  });

  it.each(['saturated', 'denied'] as const)('%s is up', (outcome) => {
    expect(after([0, probed(outcome)])).toMatchObject({ state: 'up', detail: `${outcome}: test` });
  });

  it('refused is no death while nobody saw the process end', () => {
    expect(after([0, probed('alive')], [10, probed('refused')])).toMatchObject({ state: 'up' });
    expect(after([0, probed('refused')])).toMatchObject({ state: 'down' });
  });

  it('a restarted server stays down until it answers', () => {
    const news: [number, LocalNews][] = [
      [0, probed('alive')],
      [10, gone],
      [20, probed('starting')],
      [30, probed('unreachable')],
    ];
    expect(after(...news)).toMatchObject({ state: 'down', sinceMs: 10 });
    expect(after(...news, [40, probed('alive')])).toMatchObject({ state: 'up', sinceMs: 40 });
  });
});
