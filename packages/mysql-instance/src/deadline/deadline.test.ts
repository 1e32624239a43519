import { describe, expect, it } from 'vitest';
import { Deadline } from './deadline.js';

describe('a deadline', () => {
  it('runs out with the clock and never below zero', () => {
    let now = 1_000;
    const deadline = new Deadline(500, undefined, () => now);
    expect(deadline.remainingMs()).toBe(500);
    now = 1_400;
    expect(deadline.remainingMs()).toBe(100);
    expect(deadline.expired).toBe(false);
    now = 9_000;
    expect(deadline.remainingMs()).toBe(0);
    expect(deadline.expired).toBe(true);
  });

  it('bounds a shorter one inside it', () => {
    let now = 0;
    const deadline = new Deadline(500, undefined, () => now);
    expect(deadline.within(1_000).timeoutMs).toBe(500);
    expect(deadline.within(100).timeoutMs).toBe(100);
    now = 450;
    expect(deadline.within(100).timeoutMs).toBe(50);
  });

  it.each([0, -1, Number.NaN, Infinity])('refuses %d ms', (timeoutMs) => {
    expect(() => new Deadline(timeoutMs)).toThrow(RangeError);
  });
});
