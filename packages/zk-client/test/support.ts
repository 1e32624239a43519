import { readFile, readdir } from 'node:fs/promises';
import { waitUntil } from '@dcmha/sandbox';
import { ZooKeeperClient, type WatchEvent, type ZooKeeperClientOptions } from '@dcmha/zk-client';
import { afterEach, expect } from 'vitest';

const open: ZooKeeperClient[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((client) => client.close()));
});

/** A client that is closed after the test. */
export function client(
  connect: string,
  options: Omit<ZooKeeperClientOptions, 'connect'> = {},
): ZooKeeperClient {
  const zk = new ZooKeeperClient({ connect, ...options });
  open.push(zk);
  return zk;
}

export async function connected(
  connect: string,
  options: Omit<ZooKeeperClientOptions, 'connect'> = {},
): Promise<ZooKeeperClient> {
  const zk = client(connect, options);
  await zk.waitConnected({ timeoutMs: 20_000 });
  return zk;
}

/** Waits until the condition holds; fails the test, saying what was waited for, when it does not in time. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 15_000,
): Promise<void> {
  const held = await waitUntil(async () => ((await condition()) ? true : undefined), { timeoutMs });
  expect(held, what).toBe(true);
}

/** Collects events as `type path`. */
export function recorder(): { listener: (event: WatchEvent) => void; seen: string[] } {
  const seen: string[] = [];
  return { seen, listener: ({ type, path }) => void seen.push(`${type} ${path}`) };
}

/** The error a promise rejects with; fails the test when it does not reject. */
export async function errorOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected a rejection, but it was fulfilled');
}

/** Stops a server and waits until its last thread stands still: a signal takes its time. */
export async function freeze(node: { readonly pid: number; freeze(): void }): Promise<void> {
  node.freeze();
  const folder = `/proc/${node.pid}/task`;
  await eventually('every thread of the server stopped', async () => {
    const stats = (await readdir(folder)).map((thread) => readFile(`${folder}/${thread}/stat`, 'utf8'));
    return (await Promise.all(stats)).every((stat) => / [Tt] /.test(stat.slice(stat.lastIndexOf(')'))));
  });
}
