import { parseGroupPolicy } from '@dcmha/zk-schema';
import { describe, expect, it } from 'vitest';
import type { Probe, ProbeOutcome } from '../core/model.js';
import type { AgentControl } from '../ports.js';
import { ManualClock } from '../testing/manual-clock.js';
import { SecondOpinions } from './second-opinions.js';

const policy = parseGroupPolicy({});

function asked(answer: () => Promise<{ outcome: ProbeOutcome; detail: string }>) {
  const clock = new ManualClock();
  let questions = 0;
  let news = 0;
  let looks = 0;
  const refuse = () => Promise.reject(new Error('not asked for'));
  const agent: AgentControl = {
    close: refuse,
    startTail: refuse,
    stopTail: refuse,
    opinion: () => {
      questions += 1;
      return answer();
    },
  };
  const opinions = new SecondOpinions(
    clock,
    () => (news += 1),
    () => (looks += 1),
  );
  const failing = (sinceMs: number): Probe => ({ outcome: 'hung', sinceMs, detail: '' });
  const of = (probe: Probe) => opinions.of('p:1', probe, [{ by: 'a:1', agent }], policy);
  return { clock, opinions, of, failing, counts: () => ({ questions, news, looks }) };
}

describe('second opinions', () => {
  it('are asked for as long as the server is silent, one at a time, and again when they grow old', async () => {
    const { clock, of, failing, counts } = asked(() => Promise.resolve({ outcome: 'hung', detail: 'x' }));
    expect(of(failing(500))).toEqual([]);
    of(failing(500));
    expect(counts()).toMatchObject({ questions: 1, looks: 1 });
    await clock.pass(10);
    expect(of(failing(500))).toEqual([{ by: 'a:1', outcome: 'hung', detail: 'x', atMs: 1_000 }]);
    expect(counts()).toEqual({ questions: 1, news: 1, looks: 1 });
    await clock.pass(policy.opinionMaxAgeMs / 2);
    of(failing(500));
    expect(counts().questions).toBe(2);
  });

  it('from before the silence count no more', async () => {
    const { clock, of, failing, counts } = asked(() => Promise.resolve({ outcome: 'hung', detail: '' }));
    of(failing(500));
    await clock.pass(10);
    of(failing(1_005));
    expect(counts().questions).toBe(2);
  });

  it('an agent that cannot be asked has no opinion, and is named', async () => {
    const { clock, of, failing } = asked(() => Promise.reject(new Error('refused')));
    of(failing(500));
    await clock.pass(10);
    expect(of(failing(500))).toMatchObject([{ by: 'a:1', outcome: 'no-answer', detail: 'refused' }]);
  });

  it('are forgotten once the server answers', async () => {
    const { clock, of, failing } = asked(() => Promise.resolve({ outcome: 'hung', detail: '' }));
    of(failing(500));
    await clock.pass(10);
    expect(of({ outcome: 'alive', sinceMs: 1_005, detail: '' })).toEqual([]);
    expect(of(failing(1_008))).toEqual([]);
  });

  it('nobody is asked after the end', () => {
    const { opinions, of, failing, counts } = asked(() => Promise.resolve({ outcome: 'hung', detail: '' }));
    opinions.stop();
    of(failing(500));
    expect(counts().questions).toBe(0);
  });
});
