import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BinlogCorruptError } from '../events/errors.js';
import { EventType } from '../events/event-type.js';
import { fixture } from '../testing/fixtures.js';
import { fileSource } from './file-source.js';
import { readBinlogIndex } from './file-list.js';
import { eventsOf, type EventSource, type FileEnd } from './source.js';
import { streamSource } from './stream-source.js';

let folder: string;
const bytes = fixture('mysql');
/** Length of the format description, the first event. */
const described = bytes.readUInt32LE(4 + 9);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dcmha-sources-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: Buffer | string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function read(source: EventSource): Promise<{ types: number[]; ends: FileEnd[] }> {
  const types: number[] = [];
  const ends: FileEnd[] = [];
  for await (const { events, fileEnd } of source.batches()) {
    types.push(...events.map(({ type }) => type));
    if (fileEnd !== undefined) ends.push(fileEnd);
  }
  return { types, ends };
}

describe('files', () => {
  test('end where their last event ends, and are read again by name', async () => {
    const path = await file('a.000001', bytes);
    const source = fileSource({ files: [path] });
    const { types, ends } = await read(source);
    expect(types[0]).toBe(EventType.FormatDescription);
    expect(types.at(-1)).toBe(EventType.Rotate);
    expect(ends).toEqual([{ file: 'a.000001', position: bytes.length, cutBytes: 0 }]);
    expect(source.pathOf?.('a.000001')).toBe(path);
    await expect(read(source)).rejects.toThrow(/read once/);
  });

  test('start at a position, with the format description before it', async () => {
    const path = await file('a.000001', bytes);
    const all: { type: number; position: number }[] = [];
    for await (const { type, position } of eventsOf(fileSource({ files: [path] })))
      all.push({ type, position });
    const start = all[5]?.position ?? 0;
    const { types } = await read(fileSource({ files: [path], from: { file: 'a.000001', position: start } }));
    expect(types).toEqual([EventType.FormatDescription, ...all.slice(5).map(({ type }) => type)]);
    await expect(read(fileSource({ files: [path], from: { file: 'b', position: 4 } }))).rejects.toThrow(
      /no such file/,
    );
    const beyond = { file: 'a.000001', position: bytes.length + 1 };
    await expect(read(fileSource({ files: [path], from: beyond }))).rejects.toThrow(/before the position/);
  });

  test('an event that is larger than what is read at once', async () => {
    const large = Buffer.alloc(3 << 20, 0x41);
    const event = Buffer.alloc(19 + large.length + 4);
    event[4] = EventType.RowsQuery;
    event.writeUInt32LE(event.length, 9);
    large.copy(event, 19);
    const path = await file('large', Buffer.concat([bytes.subarray(0, 4 + described), event, event]));
    const sizes: number[] = [];
    for await (const raw of eventsOf(fileSource({ files: [path], verifyChecksums: false })))
      sizes.push(raw.length);
    expect(sizes).toEqual([described, event.length, event.length]);
  });

  test('a closed file that is cut is a torn tail at the end, and an error before another file', async () => {
    const cut = await file('c.000001', bytes.subarray(0, bytes.length - 5));
    const next = await file('c.000002', bytes);
    expect((await read(fileSource({ files: [cut] }))).ends[0]?.cutBytes).toBeGreaterThan(0);
    await expect(read(fileSource({ files: [cut, next] }))).rejects.toThrow(/copied in part only/);
  });

  test('a length that contradicts the end position is damage, not a cut', async () => {
    const damaged = Buffer.from(bytes);
    damaged[4 + described + 9 + 3] = 0x40;
    const path = await file('d', damaged);
    await expect(read(fileSource({ files: [path] }))).rejects.toThrow(BinlogCorruptError);
    await expect(read(fileSource({ files: [path] }))).rejects.toThrow(/do not fit together/);
    await expect(read(streamSource(Readable.from([damaged])))).rejects.toThrow(/do not fit together/);
  });

  test('either files or an index', () => {
    expect(() => fileSource({})).toThrow(/either/);
    expect(() => fileSource({ files: [], index: 'x' })).toThrow(/either/);
  });

  test('an index names files beside it; absolute ones that are gone are looked for there', async () => {
    const present = await file('present', '');
    const index = await file(
      'binlog.index',
      `./binlog.000001\nbinlog.000002\n/gone/from/here/binlog.000003\n${present}\n`,
    );
    expect(await readBinlogIndex(index)).toEqual([
      join(folder, 'binlog.000001'),
      join(folder, 'binlog.000002'),
      join(folder, 'binlog.000003'),
      present,
    ]);
    await expect(readBinlogIndex(await file('empty.index', '\n'))).rejects.toThrow(/names no file/);
  });
});

describe('streams', () => {
  test('of several files, cut anywhere', async () => {
    const once = (await read(streamSource(Readable.from([bytes])))).types;
    const twice = Buffer.concat([bytes, bytes]);
    for (const size of [1, 3, 18, 19, 20, 100, 5000]) {
      const chunks: Buffer[] = [];
      for (let at = 0; at < twice.length; at += size) chunks.push(twice.subarray(at, at + size));
      const { types, ends } = await read(streamSource(Readable.from(chunks)));
      expect(types).toEqual([...once, ...once]);
      expect(ends.map(({ position, cutBytes }) => [position, cutBytes])).toEqual([
        [bytes.length, 0],
        [bytes.length, 0],
      ]);
    }
  });

  test('that hold nothing', async () => {
    await expect(read(streamSource(Readable.from([])))).rejects.toThrow(/before a binlog begins/);
    await expect(read(streamSource(Readable.from([Buffer.from('hello')])))).rejects.toThrow(
      /begins with fe 62/,
    );
  });
});
