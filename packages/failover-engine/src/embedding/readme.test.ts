import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import * as library from '../index.js';
import { FakeWorld, key } from '../testing/fake-world.js';

type Run = (modules: Record<string, unknown>, console: { log: (line: unknown) => void }) => Promise<void>;

/** The code block below a heading, its imports taken from `modules`. */
async function example(heading: string): Promise<{ code: string; run: Run }> {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const code = /```js\n(.*?)```/s.exec(readme.slice(readme.indexOf(heading)))?.[1] ?? '';
  const body = code.replaceAll(/^import (\{.*?\}) from '(.*?)';$/gm, "const $1 = modules['$2'];");
  const AsyncFunction = (async () => {}).constructor as new (...args: string[]) => Run;
  return { code, run: new AsyncFunction('modules', 'console', body) };
}

it('the example of the README embeds a group in some thirty lines', async () => {
  const { code, run } = await example('## Embed it');
  expect(code.split('\n').length).toBeLessThan(36);
  const world = new FakeWorld();
  const { server } = world.context('embedded');
  let stored: { text: string; version: number } | null = null;
  const [routes, pages, lines]: [(string | null)[], string[], unknown[]] = [[], [], []];
  const log = (): void => {};
  const orchestrator = {
    servers: [1, 2, 3].map((n) => server(key(n))),
    kv: {
      get: async () => stored,
      compareAndSet: async (_: string, text: string, over: number | null) => {
        if ((stored?.version ?? null) !== over) return null;
        stored = { text, version: (over ?? 0) + 1 };
        return stored.version;
      },
    },
    loadBalancer: { point: async (write: string | null) => void routes.push(write) },
    pager: {
      mayFailOver: async () => ({ ok: false, detail: 'never in this test' }),
      page: async (text: string) => ({ ok: pages.push(text) > 0, detail: '' }),
    },
    logger: { debug: log, info: log, warn: log, error: log },
  };
  await run(
    { '@dcmha/failover-engine': library, './my-orchestrator.js': orchestrator },
    { log: (line) => lines.push(line) },
  );
  expect(lines).toEqual([`orders: done, ${key(2)} is primary, asked for by orchestrator`, [key(1), key(3)]]);
  expect(routes.slice(-2)).toEqual([null, key(2)]);
  expect(world.writable()).toEqual([key(2)]);
  expect(pages).toEqual([`${key(1)} -> ${key(2)}`]);
});
