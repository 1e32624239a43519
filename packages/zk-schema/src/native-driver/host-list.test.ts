import { describe, expect, it } from 'vitest';
import { AddressError } from '../address/index.js';
import { bearableConnectString } from './host-list.js';

describe('connect string for the C client', () => {
  it.each([
    ['127.0.0.1:2181', '127.0.0.1:2181'],
    ['127.0.0.1:1,127.0.0.1:2', '127.0.0.1:1,127.0.0.1:2,127.0.0.1:1'],
    ['127.0.0.1:1, 127.0.0.1:2,[::1]:3', '127.0.0.1:1,127.0.0.1:2,[::1]:3'],
    ['127.0.0.1:1,127.0.0.1:2/a/b', '127.0.0.1:1,127.0.0.1:2,127.0.0.1:1/a/b'],
  ])('%s', async (given, made) => {
    expect(await bearableConnectString(given)).toBe(made);
  });

  it('names become addresses, an odd number of them', async () => {
    const made = await bearableConnectString('localhost:2181,localhost:2182');
    const hosts = made.split(',');
    expect(hosts.length % 2).toBe(1);
    for (const host of hosts) expect(host).toMatch(/^(127\.0\.0\.1|\[::1\]):218[12]$/);
  });

  it.each(['', 'localhost', '127.0.0.1:2181,'])('%j is refused', async (given) => {
    await expect(bearableConnectString(given)).rejects.toBeInstanceOf(AddressError);
  });
});
