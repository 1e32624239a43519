import { describe, expect, it } from 'vitest';
import { parseEvent } from '../../events/parse-event.js';
import { EventFramer } from '../../reading/event-framer.js';
import { fixture } from '../../testing/fixtures.js';
import { recorded } from '../testing/recorded.js';
import {
  artificialRotate,
  describedAs,
  describedInTheMiddle,
  heartbeat,
  heartbeatV2,
} from './made-events.js';

describe('events that are in no file', () => {
  it('are those of a real server, byte for byte', () => {
    expect(artificialRotate(1, 'binlog.000001', 4, true).toString('hex')).toBe(
      recorded.mysql.rotate.toString('hex'),
    );
    expect(heartbeat(1, 'binlog.000002', 584, true).toString('hex')).toBe(
      recorded.mariadb.heartbeat.toString('hex'),
    );
  });

  it('tell positions beyond 4 GB where the replica understands them', () => {
    const framer = new EventFramer(true);
    const description = fixture('mysql').subarray(4);
    framer.frame(description, 0, 'binlog.000001', 4);
    const position = 2 ** 33 + 5;
    for (const file of ['binlog.000001', 'b'.repeat(252)]) {
      const event = heartbeatV2(1, file, position, true);
      expect(parseEvent(framer.frame(event, 0, file, 0))).toEqual({ kind: 'heartbeat', file, position });
    }
  });
});

describe('the format description that a replica gets', () => {
  const stored = (): Buffer => {
    const bytes = fixture('mysql');
    const event = Buffer.from(bytes.subarray(4, 4 + bytes.readUInt32LE(4 + 9)));
    event[17] = 1;
    return event;
  };

  it('is of a closed file and names the checksums that are sent', () => {
    for (const checksum of [true, false]) {
      const framer = new EventFramer(true);
      const event = framer.frame(describedAs(stored(), true, checksum), 0, 'binlog.000001', 4);
      expect(framer.inUse).toBe(false);
      expect(event.format.checksum).toBe(checksum ? 'crc32' : 'none');
    }
  });

  it('says in the middle of a file that no server starts here', () => {
    const event = new EventFramer(true).frame(
      describedInTheMiddle(describedAs(stored(), true, true), true),
      0,
      'binlog.000001',
      4,
    );
    expect(event.logPos).toBe(0);
    expect(event.format.createdAt).toBe(0);
  });
});
