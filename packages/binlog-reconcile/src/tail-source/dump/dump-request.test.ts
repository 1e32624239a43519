import { describe, expect, it } from 'vitest';
import { GtidSet } from '../../gtid/gtid-set.js';
import { SqlError } from '../protocol/sql-error.js';
import { recorded } from '../testing/recorded.js';
import { parseDump, parseDumpGtid } from './dump-request.js';

const withGtids = (gtids: GtidSet): Buffer => {
  const set = gtids.encode();
  const head = Buffer.from(recorded.mysql.dumpGtid.subarray(1, 23));
  head.writeUInt32LE(set.length, 18);
  head.writeUInt16LE(4, 0);
  return Buffer.concat([head, set]);
};

describe('a request for events', () => {
  it('by GTIDs is understood as MySQL 9.7 sends it', () => {
    expect(parseDumpGtid(recorded.mysql.dumpGtid.subarray(1))).toMatchObject({
      serverId: 2,
      nonBlocking: false,
      heartbeatV2OrAnnotate: true,
      from: { kind: 'gtids', gtids: GtidSet.empty },
    });
  });

  it('may name tagged GTIDs', () => {
    const gtids = GtidSet.parse('3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:backup:1-3');
    const { from } = parseDumpGtid(withGtids(gtids));
    expect(from.kind === 'gtids' && from.gtids.equals(gtids)).toBe(true);
  });

  it('by position is understood as MariaDB sends it', () => {
    expect(parseDump(recorded.mariadb.dump.subarray(1))).toEqual({
      serverId: 2,
      nonBlocking: false,
      heartbeatV2OrAnnotate: true,
      from: { kind: 'position', file: '', position: 4 },
    });
  });

  it('that is cut off or damaged is refused', () => {
    const whole = withGtids(GtidSet.parse('3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5'));
    for (let length = 0; length < whole.length; length++) {
      if (length === 18) continue; // the set may be missing
      expect(() => parseDumpGtid(whole.subarray(0, length))).toThrow(SqlError);
    }
    const absurd = Buffer.from(whole);
    absurd.writeBigUInt64LE(2n ** 60n, 22);
    expect(() => parseDumpGtid(absurd)).toThrow(SqlError);
  });
});
