import { describe, expect, it } from 'vitest';
import { judgeStall, noStall, type StallFacts } from './write-stall.js';

const facts = (change: Partial<StallFacts>): StallFacts => ({
  waiting: [{ reason: 'storage', forS: 2 }],
  progress: 'a:1-5 4096',
  fullFolders: [],
  ...change,
});
const twice = (first: StallFacts, second = first) => judgeStall(judgeStall(noStall, first), second).stall;

describe('commits that do not come back', () => {
  it('count when nothing got on between two looks', () => {
    expect(judgeStall(noStall, facts({})).stall).toBeNull();
    expect(twice(facts({}))?.reason).toBe('storage');
    expect(twice(facts({}), facts({ progress: 'a:1-6 5000' }))).toBeNull();
  });

  it('a full disk is named', () => {
    expect(twice(facts({ fullFolders: ['/data'] }))).toEqual({
      reason: 'disk-full',
      detail: 'no space is left in /data',
    });
    expect(twice(facts({ waiting: [], fullFolders: ['/data'] }))).toBeNull();
  });

  it('a wait for replicas is none', () => {
    expect(
      twice(
        facts({
          waiting: [
            { reason: 'ack', forS: 9 },
            { reason: 'storage', forS: 9 },
          ],
        }),
      ),
    ).toBeNull();
  });

  it('a lock is somebody’s own doing, and explains the rest', () => {
    const both = facts({
      waiting: [
        { reason: 'lock', forS: 9 },
        { reason: 'storage', forS: 9 },
      ],
    });
    expect(twice(both)?.reason).toBe('lock');
  });
});
