import { Sandbox } from '@dcmha/sandbox';
import { MultiError, ZooKeeperClient, isZooKeeperError } from '@dcmha/zk-client';
import type { CreateMode, Op, Stat, ZooKeeper } from '@dcmha/zk-client';
import { MemoryZooKeeper } from '@dcmha/zk-schema/memory';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let sandbox: Sandbox;
let real: ZooKeeperClient;
let cases = 0;

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'zk-schema-same' });
  const { connectString } = await sandbox.startZooKeeper({ nodes: 1 });
  real = new ZooKeeperClient({ connect: connectString });
  await real.waitConnected();
});

afterAll(async () => {
  await real?.close();
  await sandbox?.close();
});

type Step =
  | { readonly do: 'write'; readonly op: Op }
  | { readonly do: 'multi'; readonly ops: readonly Op[] }
  | { readonly do: 'get' | 'exists' | 'children'; readonly path: string; readonly watch: boolean }
  | { readonly do: 'addWatch'; readonly path: string; readonly recursive: boolean };

const path = fc.constantFrom('/a', '/b', '/a/x', '/a/y', '/b/x', '/a/x/deep');
const version = fc.option(fc.nat(2), { nil: undefined });
const mode = fc.constantFrom<CreateMode>('persistent', 'persistent', 'ephemeral', 'persistent-sequential');
const data = fc.constantFrom('', '1', '22');
const create = fc.record({ type: fc.constant('create' as const), path, data, mode });
const set = fc.record({ type: fc.constant('set' as const), path, data, version });
const remove = fc.record({ type: fc.constant('delete' as const), path, version });
const check = fc.record({ type: fc.constant('check' as const), path, version: fc.nat(2) });
const write = fc.oneof({ weight: 3, arbitrary: create }, { weight: 2, arbitrary: set }, remove);
const read = fc.constantFrom('get' as const, 'exists' as const, 'children' as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: write.map((op) => ({ do: 'write' as const, op })) },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.oneof({ weight: 3, arbitrary: write }, check), { minLength: 1, maxLength: 4 })
      .map((ops) => ({ do: 'multi' as const, ops })),
  },
  { weight: 4, arbitrary: fc.record({ do: read, path, watch: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('addWatch' as const), path, recursive: fc.boolean() }),
  },
);

/** What a session tells of a run of steps, in a folder of its own: answers, refusals and events, in order. */
async function story(zk: ZooKeeper, folder: string, steps: readonly Step[]): Promise<string[]> {
  const lines: string[] = [];
  const relative = (text: string): string => text.replaceAll(folder, '');
  const listener = (name: string) => (event: { type: string; path: string }) =>
    void lines.push(`  event for ${name}: ${event.type} ${relative(event.path)}`);
  await zk.create(folder);
  for (const [index, one] of steps.entries()) {
    try {
      lines.push(`${one.do} ${await perform(zk, folder, one, listener(`step ${index}`))}`);
    } catch (error) {
      if (!isZooKeeperError(error)) throw error;
      const where = error instanceof MultiError ? ` at operation ${error.index}` : '';
      lines.push(`${one.do} refused: ${error.code}${where} ${relative(error.path ?? '')}`);
    }
  }
  await zk.sync(folder);
  for (const name of (await zk.children(folder)).children.sort()) {
    const { stat } = await zk.get(`${folder}/${name}`);
    lines.push(`left: ${name} ${text(stat)}`);
  }
  return lines.map(relative);
}

async function perform(
  zk: ZooKeeper,
  folder: string,
  one: Step,
  listener: (event: { type: string; path: string }) => void,
): Promise<string> {
  const inFolder = (op: Op): Op => ({ ...op, path: folder + op.path });
  const watch = 'watch' in one && one.watch ? listener : undefined;
  switch (one.do) {
    case 'write': {
      const op = inFolder(one.op);
      if (op.type === 'create') {
        const made = await zk.create(op.path, op.data, { mode: op.mode });
        return `${made.path} ${text(made.stat)}`;
      }
      if (op.type === 'set') return text(await zk.set(op.path, op.data, { version: op.version }));
      await zk.delete(op.path, { version: op.version });
      return 'deleted';
    }
    case 'multi': {
      const results = await zk.multi(one.ops.map(inFolder));
      return results
        .map((result) =>
          result.type === 'create'
            ? `create ${result.path}`
            : result.type === 'set'
              ? `set ${text(result.stat)}`
              : result.type,
        )
        .join(', ');
    }
    case 'get': {
      const found = await zk.get(folder + one.path, { watch });
      return `${found.data.toString()} ${text(found.stat)}`;
    }
    case 'exists': {
      const stat = await zk.exists(folder + one.path, { watch });
      return stat === null ? 'no' : text(stat);
    }
    case 'children': {
      const { children, stat } = await zk.children(folder + one.path, { watch });
      return `${children.sort().join(' ')} ${text(stat)}`;
    }
    case 'addWatch':
      await zk.addWatch(folder + one.path, listener, { recursive: one.recursive });
      return 'set';
  }
}

/** What two servers agree on: not ids and times. */
function text(stat: Stat): string {
  const { version: v, cversion, aversion, dataLength, numChildren } = stat;
  const changed = stat.mzxid > stat.czxid ? 'changed' : 'new';
  const kind = stat.ephemeralOwner === 0n ? 'persistent' : 'ephemeral';
  return `v${v} c${cversion} a${aversion} ${dataLength} bytes ${numChildren} children ${changed} ${kind}`;
}

describe('the in-memory ensemble', () => {
  it('answers, refuses and tells events exactly as a real server does, whatever is asked', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        cases += 1;
        const memory = new MemoryZooKeeper().connect();
        try {
          const expected = await story(real, `/run-${cases}`, steps);
          expect(await story(memory, `/run-${cases}`, steps)).toEqual(expected);
        } finally {
          await memory.close();
        }
      }),
      { numRuns: 200 },
    );
  });
});
