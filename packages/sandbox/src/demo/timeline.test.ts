import { describe, expect, it } from 'vitest';
import { formatTimeline, phasesSince, timeline } from './timeline.js';

const record = { at: 1_000_040, phasesMs: { detected: 0, promoted: 61.26, followed: 300, fenced: 12 } };

describe('the timeline of a failover', () => {
  it('counts from the kill, with what the client measured in its place', () => {
    const phases = phasesSince(1_000_000, record, { killed: 1_000_000, firstWrite: 1_000_110.4 });
    expect(phases).toEqual({
      killed: 0,
      detected: 40,
      fenced: 52,
      promoted: 101.3,
      firstWrite: 110.4,
      followed: 340,
    });
    expect(Object.keys(phases)).toEqual([
      'killed',
      'detected',
      'fenced',
      'promoted',
      'firstWrite',
      'followed',
    ]);
  });

  it('is told to a person in order, one line a phase, phases it does not know by their name', () => {
    const lines = formatTimeline(timeline({ firstWrite: 110.4, killed: 0, 'new-phase': 50 }));
    expect(lines).toEqual([
      '       0 ms  mysqld killed (SIGKILL)',
      '      50 ms  new-phase',
      '     110 ms  first write acknowledged by the new primary',
    ]);
  });
});
