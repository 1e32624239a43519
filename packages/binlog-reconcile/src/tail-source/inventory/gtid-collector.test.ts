import { describe, expect, it } from 'vitest';
import { EventType } from '../../events/event-type.js';
import { fixture } from '../../testing/fixtures.js';
import { GtidCollector, plainTransactionLength, readTransactionHead } from './gtid-collector.js';

/** Where the events of a type begin in the fixture of MySQL 9.7. */
function placesOf(type: number): number[] {
  const bytes = fixture('mysql');
  const places: number[] = [];
  for (let at = 4; at < bytes.length; at += bytes.readUInt32LE(at + 9))
    if (bytes[at + 4] === type) places.push(at);
  return places;
}

describe('GTIDs of a file', () => {
  it('and lengths of its transactions are read quickly as they are read thoroughly', () => {
    const bytes = fixture('mysql');
    const places = placesOf(EventType.Gtid);
    expect(places.length).toBeGreaterThan(5);
    const quick = new GtidCollector();
    const thorough = new GtidCollector();
    for (const at of places) {
      const length = bytes.readUInt32LE(at + 9);
      const head = readTransactionHead(bytes, at, at + length - 4);
      expect(plainTransactionLength(bytes, at, length)).toBe(head.length);
      quick.addPlain(bytes, at);
      thorough.add(head.gtid ?? '');
    }
    expect(quick.mysql().toString()).toBe(thorough.mysql().toString());
  });

  it('are gathered whatever their order, their servers and their size', () => {
    const bytes = Buffer.from(fixture('mysql'));
    const [at = 0] = placesOf(EventType.Gtid);
    const collector = new GtidCollector();
    const other = '11111111-1111-1111-1111-111111111111';
    const own = readTransactionHead(bytes, at, at + bytes.readUInt32LE(at + 9) - 4).gtid?.split(':')[0] ?? '';
    const add = (uuid: string, gno: bigint): void => {
      bytes.write(uuid.replaceAll('-', ''), at + 20, 'hex');
      bytes.writeBigUInt64LE(gno, at + 36);
      const length = bytes.readUInt32LE(at + 9);
      if (plainTransactionLength(bytes, at, length) === undefined) {
        collector.add(readTransactionHead(bytes, at, at + length - 4).gtid ?? '');
      } else collector.addPlain(bytes, at);
    };
    for (const gno of [5n, 6n, 9n, 7n, 2n ** 32n + 1n, 2n ** 32n + 2n]) add(own, gno);
    for (const gno of [1n, 2n ** 53n + 1n, 2n ** 53n + 2n, 2n]) {
      add(other, gno);
      add(own, gno + 100n);
    }
    for (const gno of [1, 2, 4]) collector.add(`${other}:tag:${gno}`);
    const big = 2n ** 53n;
    expect(collector.mysql().toString().split(',').sort()).toEqual(
      [
        `${other}:1-2:${big + 1n}-${big + 2n}:tag:1-2:4`,
        `${own}:5-7:9:101-102:4294967297-4294967298:${big + 101n}-${big + 102n}`,
      ].sort(),
    );
  });
});
