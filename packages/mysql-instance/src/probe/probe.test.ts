import { describe, expect, it } from 'vitest';
import type { Deadline } from '../deadline/deadline.js';
import { Deadline as RealDeadline } from '../deadline/deadline.js';
import { InstanceError, type InstanceErrorCode } from '../errors/instance-error.js';
import { address } from '../testing/fake-server.js';
import { verdictOf } from './classify-probe.js';
import { probe } from './probe.js';

function failure(code: InstanceErrorCode): InstanceError {
  return new InstanceError({ code, address, problem: code, remedy: '' });
}
const answers = (): Promise<void> => Promise.resolve();
const fails = (code: InstanceErrorCode) => (): Promise<void> => Promise.reject(failure(code));
/** Answers nothing until its deadline, as a frozen server. */
const frozen =
  (code: InstanceErrorCode) =>
  (deadline: Deadline): Promise<void> =>
    new Promise((_, reject) => setTimeout(() => reject(failure(code)), deadline.remainingMs()));

const run = (
  held: ((deadline: Deadline) => Promise<void>) | undefined,
  fresh: (deadline: Deadline) => Promise<void>,
  timeoutMs = 60,
): ReturnType<typeof probe> => probe({ address, held, fresh }, new RealDeadline(timeoutMs));

describe('a probe', () => {
  it('is content with the held connection', async () => {
    const outcome = await run(answers, fails('REFUSED'));
    expect(outcome).toMatchObject({ verdict: 'alive', alive: true });
    expect(outcome.evidence).toMatchObject([{ via: 'held', verdict: 'alive' }]);
  });

  it('asks afresh when the held connection broke: a session may end and the server live', async () => {
    expect(await run(fails('LOST'), answers)).toMatchObject({ verdict: 'alive', alive: true });
    expect(await run(fails('LOST'), fails('REFUSED'))).toMatchObject({ verdict: 'refused', alive: false });
  });

  it('asks afresh when the held connection is silent, and believes the sign of life', async () => {
    const outcome = await run(frozen('QUERY_TIMEOUT'), answers);
    expect(outcome.verdict).toBe('alive');
    expect(outcome.evidence).toMatchObject([{ via: 'fresh', verdict: 'alive' }]);
  });

  it('calls a server hung that accepts and answers nothing, with both attempts as evidence', async () => {
    const outcome = await run(frozen('QUERY_TIMEOUT'), frozen('HUNG'));
    expect(outcome).toMatchObject({ verdict: 'hung', alive: false });
    expect(outcome.evidence.map(({ via }) => via).sort()).toEqual(['fresh', 'held']);
  });

  it('never throws, whatever an attempt does', async () => {
    const outcome = await run(undefined, () => Promise.reject(new TypeError('a bug')));
    expect(outcome).toMatchObject({ verdict: 'hung', evidence: [{ detail: 'TypeError: a bug' }] });
  });
});

it.each<[InstanceErrorCode, string]>([
  ['TOO_MANY_CONNECTIONS', 'saturated'],
  ['ACCESS_DENIED', 'denied'],
  ['REFUSED', 'refused'],
  ['CONNECT_TIMEOUT', 'unreachable'],
  ['UNREACHABLE', 'unreachable'],
  ['HUNG', 'hung'],
  ['QUERY_TIMEOUT', 'hung'],
  ['STARTING', 'starting'],
  ['LOST', 'refused'],
  ['SQL', 'alive'],
])('%s means %s', (code, verdict) => {
  expect(verdictOf(failure(code))).toBe(verdict);
});
