import { describe, expect, it } from 'vitest';
import { closest } from './did-you-mean.js';

describe('closest', () => {
  it.each([
    ['conect', ['connect', 'root', 'auth'], 'connect'],
    ['session_timeout_ms', ['sessionTimeoutMs', 'connect'], 'sessionTimeoutMs'],
    ['swtichover', ['switchover', 'status'], 'switchover'],
    ['statsu', ['switchover', 'status'], 'status'],
    ['x', ['y'], undefined],
    ['whatsoever', ['name', 'groups'], undefined],
    ['', ['name'], undefined],
  ])('%s of %j is %s', (word, candidates, expected) => {
    expect(closest(word, candidates)).toBe(expected);
  });
});
