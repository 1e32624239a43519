import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { BinlogCorruptError } from '../events/errors.js';
import { EventType } from '../events/event-type.js';
import { RawEvent } from '../events/raw-event.js';
import { eventsOf } from '../reading/source.js';
import { streamSource } from '../reading/stream-source.js';
import { fixture } from '../testing/fixtures.js';
import { nativeZstd, openPayload } from './open-payload.js';

async function payload(): Promise<RawEvent> {
  for await (const event of eventsOf(streamSource(Readable.from([fixture('mysql')])))) {
    if (event.type === EventType.TransactionPayload) return event;
  }
  throw new Error('the fixture has no payload');
}

async function types(event: RawEvent, native: boolean): Promise<number[]> {
  const list: number[] = [];
  for await (const events of openPayload(event, { native })) list.push(...events.map(({ type }) => type));
  return list;
}

/** The same event with other bytes. */
function changed(event: RawEvent, change: (bytes: Buffer) => void): RawEvent {
  const bytes = Buffer.from(event.bytes);
  change(bytes);
  return new RawEvent(
    bytes,
    0,
    event.bodyEnd - event.start,
    event.timestamp,
    event.type,
    event.serverId,
    event.length,
    event.logPos,
    event.flags,
    event.file,
    event.position,
    event.format,
  );
}

/** Both decoders where Node has one of its own, else the portable one. */
describe.each(nativeZstd ? [true, false] : [false])('a payload, opened by Node itself: %s', (native) => {
  test('gives its events, without checksums, at the place of the payload', async () => {
    const event = await payload();
    expect(await types(event, native)).toEqual([
      EventType.Query,
      EventType.TableMap,
      EventType.UpdateRows,
      EventType.Xid,
    ]);
    for await (const [first] of openPayload(event, { native })) {
      expect(first?.position).toBe(event.position);
      expect(first?.bytes.length).toBe((first?.bodyEnd ?? 0) - (first?.start ?? 0));
    }
  });

  test('is refused when it opens to another size, or not at all', async () => {
    const event = await payload();
    const sizeAt = event.body.indexOf(Buffer.from([3, 3, 0xfc])) + 19 + 3;
    expect(sizeAt).toBeGreaterThan(22);
    for (const add of [1, -1, 200]) {
      const wrong = changed(event, (bytes) => bytes.writeUInt16LE(bytes.readUInt16LE(sizeAt) + add, sizeAt));
      await expect(types(wrong, native)).rejects.toThrow(BinlogCorruptError);
    }
    const damaged = changed(event, (bytes) => bytes.fill(0xff, event.length - 100, event.length - 60));
    await expect(types(damaged, native)).rejects.toThrow(/payload/);
    const absurdWindow = changed(event, (bytes) => {
      const frame = bytes.indexOf(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]));
      bytes[frame + 4] = 0;
      bytes[frame + 5] = 0xff;
    });
    await expect(types(absurdWindow, native)).rejects.toThrow(/payload/);
  });
});
