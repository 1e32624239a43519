import { beforeEach, describe, expect, it } from 'vitest';
import { WriteLedger } from './write-ledger.js';

let ledger: WriteLedger;
const write = (atMs: number, serverId: number, sentAtMs = atMs - 1) =>
  ledger.acknowledged({ id: ledger.nextId(), sentAtMs, atMs, serverId });

beforeEach(() => {
  ledger = new WriteLedger();
});

describe('the ledger of writes', () => {
  it('finds the first write on another server after a moment', () => {
    for (const at of [10, 20, 30]) write(at, 1);
    write(80, 2);
    write(90, 2);
    expect(ledger.firstElsewhere(1, 25)).toMatchObject({ id: 4, atMs: 80 });
    expect(ledger.firstElsewhere(1, 85)).toMatchObject({ id: 5 });
    expect(ledger.firstElsewhere(1, 90)).toBeUndefined();
    expect(ledger.firstElsewhere(2, 20)).toMatchObject({ id: 3, serverId: 1 });
  });

  it('finds the last write on a server, which may come in after others', () => {
    for (const at of [10, 20]) write(at, 1);
    write(40, 2);
    expect(ledger.lastOn(1)).toMatchObject({ id: 2 });
    expect(ledger.lastOn(1, 15)).toMatchObject({ id: 1 });
    expect(ledger.lastOn(2, 39)).toBeUndefined();
    expect(ledger.lastOn(3)).toBeUndefined();
  });

  it('tells what a deposed server acknowledged although it was sent after its successor had begun', () => {
    write(10, 1);
    write(50, 2);
    write(52, 1, 45); // sent before: its acknowledgement was only slow to arrive
    expect(ledger.acknowledgedLate(1, 50)).toEqual([]);
    write(60, 1, 55);
    expect(ledger.acknowledgedLate(1, 50)).toMatchObject([{ id: 4 }]);
  });

  it('names what is missing, and never gives a number twice', () => {
    for (const at of [1, 2, 3]) write(at, 1);
    ledger.nextId(); // failed
    ledger.failed();
    write(4, 1);
    expect(ledger.missingFrom(new Set([1, 3, 4, 99]))).toEqual([2, 5]);
    expect(ledger.acknowledgedCount).toBe(4);
    expect(ledger.failureCount).toBe(1);
  });
});
