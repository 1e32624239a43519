import { describe, expect, test } from 'vitest';
import { ByteCursor } from './byte-cursor.js';
import { BinlogCorruptError, UnknownEventError } from './errors.js';
import { EventFlag, EventType, eventTypeName } from './event-type.js';
import { FORMAT_BEFORE_DESCRIPTION } from './format-description.js';
import { openMariadbCompressed } from './mariadb-compression.js';
import { parseEvent } from './parse-event.js';
import { RawEvent } from './raw-event.js';
import { SerializedFields } from './serialized-fields.js';
import { deflateSync } from 'node:zlib';

function event(type: number, body: Buffer | string, { flags = 0, logPos = 1000 } = {}): RawEvent {
  const bytes = typeof body === 'string' ? Buffer.from(body.replaceAll(' ', ''), 'hex') : body;
  const buffer = Buffer.concat([Buffer.alloc(19), bytes]);
  return new RawEvent(
    buffer,
    0,
    buffer.length,
    1_700_000_000,
    type,
    1,
    buffer.length,
    logPos,
    flags,
    'binlog.000007',
    900,
    FORMAT_BEFORE_DESCRIPTION,
  );
}

describe('events', () => {
  test('ROTATE, STOP, XID', () => {
    expect(
      parseEvent(event(EventType.Rotate, `0400000000000000${Buffer.from('binlog.000008').toString('hex')}`)),
    ).toEqual({
      kind: 'rotate',
      nextFile: 'binlog.000008',
      nextPosition: 4,
    });
    expect(parseEvent(event(EventType.Stop, ''))).toEqual({ kind: 'stop' });
    expect(parseEvent(event(EventType.Xid, 'ffffffffffffffff'))).toEqual({
      kind: 'xid',
      xid: 2n ** 64n - 1n,
    });
  });

  test('QUERY with status variables, known and unknown', () => {
    const sql = Buffer.from('UPDATE t SET a = 1').toString('hex');
    const status = '04 2d002d00ff00 05 03 555443 0d 40420f fe 01';
    const length = status.replaceAll(' ', '').length / 2;
    const parsed = parseEvent(
      event(EventType.Query, `07000000 05000000 02 2604 ${length.toString(16)}00 ${status} 6462 00 ${sql}`),
    );
    expect(parsed).toMatchObject({
      kind: 'query',
      threadId: 7,
      executionTimeSeconds: 5,
      errorCode: 0x426,
      schema: 'db',
      status: {
        characterSetClient: 45,
        collationConnection: 45,
        collationServer: 255,
        timeZone: 'UTC',
        microseconds: 1_000_000,
        unknown: Buffer.from([0xfe, 1]),
      },
      sqlBytes: Buffer.from('UPDATE t SET a = 1'),
    });
  });

  test('INTVAR, RAND, USER_VAR', () => {
    expect(parseEvent(event(EventType.IntVar, '02 0500000000000000'))).toEqual({
      kind: 'intvar',
      variable: 'insert-id',
      value: 5n,
    });
    expect(parseEvent(event(EventType.Rand, '0100000000000000 0200000000000000'))).toEqual({
      kind: 'rand',
      seed1: 1n,
      seed2: 2n,
    });
    expect(parseEvent(event(EventType.UserVar, '01000000 78 01'))).toMatchObject({ name: 'x', value: null });
    expect(
      parseEvent(event(EventType.UserVar, '01000000 78 00 02 3f000000 08000000 ffffffffffffffff 01')),
    ).toEqual({
      kind: 'user-var',
      name: 'x',
      resultType: 2,
      collationId: 63,
      unsigned: true,
      value: Buffer.alloc(8, 0xff),
    });
  });

  test('INCIDENT, heartbeats, view change, XA_PREPARE', () => {
    expect(parseEvent(event(EventType.Incident, `0100 04 ${Buffer.from('lost').toString('hex')}`))).toEqual({
      kind: 'incident',
      code: 1,
      message: 'lost',
    });
    const name = Buffer.from('binlog.000009').toString('hex');
    expect(parseEvent(event(EventType.Heartbeat, name, { logPos: 77 }))).toEqual({
      kind: 'heartbeat',
      file: 'binlog.000009',
      position: 77,
    });
    expect(parseEvent(event(EventType.HeartbeatV2, `01 0d ${name} 02 09 fe 0000000002000000 00`))).toEqual({
      kind: 'heartbeat',
      file: 'binlog.000009',
      position: 2 ** 33,
    });
    expect(
      parseEvent(
        event(
          EventType.ViewChange,
          `${Buffer.from('view:1').toString('hex').padEnd(80, '0')} 0700000000000000 00000000`,
        ),
      ),
    ).toEqual({
      kind: 'view-change',
      viewId: 'view:1',
      sequenceNumber: 7n,
    });
    expect(parseEvent(event(EventType.XaPrepare, '00 01000000 02000000 01000000 6162 63'))).toEqual({
      kind: 'xa-prepare',
      onePhase: false,
      formatId: 1,
      globalId: Buffer.from('ab'),
      branchQualifier: Buffer.from('c'),
    });
  });

  test('GTID as 5.7, 8.0 and later versions write it', () => {
    const start = `00 ${'11'.repeat(16)} 0900000000000000`;
    expect(parseEvent(event(EventType.Gtid, start))).toMatchObject({
      gtid: '11111111-1111-1111-1111-111111111111:9',
      lastCommitted: undefined,
      immediateCommitTimeUs: undefined,
    });
    const clock = `${start} 02 0300000000000000 0400000000000000`;
    expect(parseEvent(event(EventType.Gtid, clock))).toMatchObject({ lastCommitted: 3, sequenceNumber: 4 });
    expect(
      parseEvent(event(EventType.Gtid, `${clock} 40420f00000080 80841e00000000 fc0002 43380180 24c30000`)),
    ).toMatchObject({
      immediateCommitTimeUs: 1_000_000,
      originalCommitTimeUs: 2_000_000,
      transactionLength: 512,
      immediateServerVersion: 0x13843,
      originalServerVersion: 0xc324,
    });
    expect(parseEvent(event(EventType.AnonymousGtid, clock))).toMatchObject({ gtid: undefined });
  });

  test('GTID of MariaDB with every flag', () => {
    const body = '2a00000000000000 03000000';
    expect(parseEvent(event(EventType.MariaGtid, `${body} 29 000000000000`))).toMatchObject({
      gtid: '3-1-42',
      standalone: true,
      ddl: true,
      xa: undefined,
    });
    expect(
      parseEvent(event(EventType.MariaGtid, `${body} 46 0500000000000000 01000000 02 00 6162`)),
    ).toMatchObject({
      transactional: true,
      commitId: 5n,
      xa: 'prepared',
      xaId: `X'6162',X'',1`,
    });
  });

  test('GTID_LIST and BINLOG_CHECKPOINT of MariaDB', () => {
    expect(
      parseEvent(
        event(
          EventType.MariaGtidList,
          '02000010 00000000 01000000 0a00000000000000 01000000 02000000 0b00000000000000',
        ),
      ),
    ).toEqual({
      kind: 'mariadb-gtid-list',
      gtids: ['0-1-10', '1-2-11'],
      flags: 1,
    });
    expect(parseEvent(event(EventType.MariaBinlogCheckpoint, '03000000 612e31'))).toEqual({
      kind: 'mariadb-checkpoint',
      file: 'a.1',
    });
  });

  test('what is not known: skipped when its writer allows it, refused when not', () => {
    expect(parseEvent(event(43, 'ffff', { flags: EventFlag.Ignorable }))).toEqual({
      kind: 'ignorable',
      type: 43,
    });
    expect(parseEvent(event(EventType.Ignorable, 'ffff'))).toEqual({ kind: 'ignorable', type: 28 });
    expect(() => parseEvent(event(172, 'ffff'))).toThrow(UnknownEventError);
    expect(() => parseEvent(event(172, ''))).toThrow(
      /binlog\.000007 at position 900: event type 172.*may hold changes/,
    );
    expect(() => parseEvent(event(EventType.PreGaWriteRows, ''))).toThrow(/MySQL 5\.1 beta or older/);
  });

  test('events that are too short are refused with file and position', () => {
    const types = Object.values(EventType).filter((type) => type !== EventType.Unknown);
    for (const type of types) {
      try {
        parseEvent(event(type, '05'));
      } catch (error) {
        expect(error, eventTypeName(type)).toBeInstanceOf(
          error instanceof UnknownEventError ? UnknownEventError : BinlogCorruptError,
        );
        expect((error as Error).message).toContain('binlog.000007 at position 900');
      }
    }
  });
});

describe('integers of the serialization library', () => {
  /** Writes them as the library does. */
  function encode(value: bigint): Buffer {
    let bytes = 1;
    while (bytes < 9 && value >= 1n << BigInt(7 * bytes)) bytes++;
    if (bytes === 9) {
      const buffer = Buffer.alloc(9, 0xff);
      buffer.writeBigUInt64LE(value, 1);
      return buffer;
    }
    const folded = (value << BigInt(bytes)) | ((1n << BigInt(bytes - 1)) - 1n);
    const buffer = Buffer.alloc(9);
    buffer.writeBigUInt64LE(BigInt.asUintN(64, folded));
    return buffer.subarray(0, bytes);
  }

  test.each([
    0n,
    1n,
    127n,
    128n,
    16383n,
    16384n,
    2n ** 35n,
    2n ** 49n,
    2n ** 55n,
    2n ** 56n,
    2n ** 63n,
    2n ** 64n - 1n,
  ])('%s', (value) => {
    const body = encode(value);
    const message = Buffer.concat([Buffer.from([1 << 1, (body.length + 4) << 1, 0, 0]), body]);
    const fields = new SerializedFields(new ByteCursor(message, 0, message.length));
    expect(fields.nextId()).toBe(0);
    expect(fields.unsigned()).toBe(value);
    expect(fields.nextId()).toBeUndefined();
  });
});

describe('compressed parts of MariaDB events', () => {
  const plain = Buffer.from('row '.repeat(200));
  const packed = Buffer.concat([Buffer.from([0x82, 0x03, 0x20]), deflateSync(plain)]);

  test('open to what was compressed', () => {
    expect(openMariadbCompressed(packed)).toEqual(plain);
  });

  test.each([
    ['another algorithm', Buffer.concat([Buffer.from([0x92]), packed.subarray(1)])],
    ['a wrong length', Buffer.concat([Buffer.from([0x82, 0x03, 0x21]), packed.subarray(3)])],
    ['too small a length', Buffer.concat([Buffer.from([0x82, 0x00, 0x10]), packed.subarray(3)])],
    ['damage', Buffer.concat([packed.subarray(0, 10), Buffer.from([0xff]), packed.subarray(11)])],
    ['nothing', Buffer.alloc(0)],
  ])('%s is refused', (_, bytes) => {
    expect(() => openMariadbCompressed(bytes)).toThrow(/compressed|length/);
  });
});
