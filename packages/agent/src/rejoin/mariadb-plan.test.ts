import { describe, expect, it } from 'vitest';
import { planMariadbRejoin } from './mariadb-plan.js';

const primary = { gtidExecuted: '0-2-105', binlogState: '0-1-100,0-2-105' };

describe('planMariadbRejoin', () => {
  it('follows when the primary has all that it has', () => {
    const server = { gtidExecuted: '0-1-100' };
    expect(planMariadbRejoin({ server, primary })).toEqual({ kind: 'follow' });
  });

  it('names what the primary has not, though its numbers are higher', () => {
    const server = { gtidExecuted: '0-1-103' };
    expect(planMariadbRejoin({ server, primary })).toEqual({ kind: 'errant', errant: '0-1-101 to 103' });
  });
});
