import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppliedFile, StateFileError } from './applied-file.js';
import type { VersionedRoute } from './applied-route.js';

const route: VersionedRoute = {
  created: 2n ** 60n + 1n,
  epoch: 3,
  version: 12,
  write: 'db1:3306',
  read: ['db2:3306'],
};

const opened: AppliedFile[] = [];
async function open(path: string): Promise<AppliedFile> {
  const file = await AppliedFile.open(path, {
    onSyncError: (error) => {
      throw error;
    },
  });
  opened.push(file);
  return file;
}

describe('state file', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dcmha-state-'));
    path = join(folder, 'deep', 'state.json');
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((file) => file.settled()));
    await rm(folder, { recursive: true });
  });

  it('is empty when there is none, and keeps what was saved', async () => {
    const file = await open(path);
    expect(file.get('orders')).toBeUndefined();
    await file.save('orders', route);
    const again = await open(path);
    expect(again.get('orders')).toEqual(route);
    expect(await readdir(join(folder, 'deep'))).toEqual(['state.json']);
  });

  it('keeps every group when many are saved at the same time', async () => {
    const file = await open(path);
    const names = Array.from({ length: 50 }, (_, index) => `g${index}`);
    await Promise.all(names.map((name, version) => file.save(name, { ...route, version })));
    await file.save('last', route);
    const again = await open(path);
    expect(names.map((name) => again.get(name)?.version)).toEqual(names.map((_, index) => index));
    expect(again.get('last')).toEqual(route);
  });

  it.each(['null', '{', '{"format":2,"groups":{}}', '{"format":1,"groups":{"a":{"epoch":-1}}}'])(
    'with %j in it is refused and left as it is',
    async (text) => {
      const file = await open(path);
      await file.settled();
      await writeFile(path, text);
      await expect(open(path)).rejects.toThrow(StateFileError);
      await expect(open(path)).rejects.toThrow(/move it away/);
      expect(await readFile(path, 'utf8')).toBe(text);
    },
  );

  it.each(['', '\n', '\0\0\0\0'])(
    'with %j in it, left by a machine without power, is an empty one',
    async (text) => {
      await (await open(path)).save('orders', route);
      await writeFile(path, text);
      expect((await open(path)).get('orders')).toBeUndefined();
    },
  );

  it('says so when it cannot be written', async () => {
    const file = await open(path);
    await rm(join(folder, 'deep'), { recursive: true });
    await expect(file.save('orders', route)).rejects.toThrow(/cannot be written/);
  });
});
