import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../shell/system-clock.js';
import { hooksConfigSchema, hooksOf } from './hook-config.js';
import type { Hook, HookFacts, HookResult } from './hook.js';
import { HookRunner } from './hook-runner.js';

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const facts: HookFacts = {
  point: 'preFailover',
  group: 'orders',
  operation: 'failover',
  id: 'op-1',
  from: 'db1:3306',
  to: null,
  epoch: 8,
  reason: 'it died; $(touch /tmp/never)',
  requestedBy: null,
  engine: 'e1',
  atMs: 1,
};

const runners: HookRunner[] = [];
function runner(config: unknown, own: Record<string, Hook> = {}): HookRunner {
  const hooks = new Map([...hooksOf(hooksConfigSchema.parse(config)), ...Object.entries(own)]);
  const made = new HookRunner({ hooks, clock: systemClock, log });
  runners.push(made);
  return made;
}
afterEach(async () => {
  for (const one of runners.splice(0)) await one.close();
});

const node = (code: string) => ({ command: [process.execPath, '-e', code] });

describe('a command hook', () => {
  let folder: string;
  beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'dcmha-hooks-'))));
  afterAll(() => rm(folder, { recursive: true }));

  it('gets the facts on stdin and in its environment, and nothing of the secrets of the engine', async () => {
    process.env['DCMHA_TEST_SECRET'] = 'hunter2';
    const file = join(folder, 'facts');
    const code = `let s='';process.stdin.on('data',(d)=>s+=d).on('end',()=>require('fs').writeFileSync(${JSON.stringify(file)},JSON.stringify({stdin:JSON.parse(s),env:process.env})))`;
    const { veto, results } = await runner({ h: node(code) }).before(['h'], facts, 'veto');
    delete process.env['DCMHA_TEST_SECRET'];
    expect(veto).toBeNull();
    expect(results).toMatchObject([{ name: 'h', outcome: 'ok' }]);
    const { stdin, env } = JSON.parse(await readFile(file, 'utf8')) as Record<string, Record<string, string>>;
    expect(stdin).toEqual(facts);
    expect(env).toMatchObject({
      DCMHA_GROUP: 'orders',
      DCMHA_FROM: 'db1:3306',
      DCMHA_EPOCH: '8',
      DCMHA_REASON: 'it died; $(touch /tmp/never)',
      DCMHA_AT_MS: '1',
    });
    expect(env).not.toHaveProperty('DCMHA_TEST_SECRET');
    expect(env).not.toHaveProperty('DCMHA_REQUESTED_BY');
  });

  it('vetoes with its exit code, the reason being what it said last', async () => {
    const code = "console.log('looking');console.error('the other region is dark');process.exit(3)";
    const { veto } = await runner({ h: node(code) }).before(['h'], facts, 'ignore');
    expect(veto).toBe('hook h vetoes: the other region is dark');
  });

  it('is killed with all its children when its time is over', async () => {
    const file = join(folder, 'pid');
    const code = `const c=require('child_process').spawn(process.execPath,['-e','setInterval(()=>{},1000)'],{stdio:'inherit'});require('fs').writeFileSync(${JSON.stringify(file)},String(c.pid));setInterval(()=>{},1000)`;
    const hooks = runner({ h: { ...node(code), timeoutMs: 1_500 } });
    const { veto, results } = await hooks.before(['h'], facts, 'ignore');
    expect(veto).toBeNull();
    expect(results).toMatchObject([{ outcome: 'timed-out', detail: 'it did not end within 1500 ms' }]);
    const child = Number(await readFile(file, 'utf8'));
    await expect.poll(() => isRunning(child), { timeout: 5_000 }).toBe(false);
  });

  it('that cannot be started is a failure: ignored or a veto, as the policy says', async () => {
    const hooks = runner({ h: { command: ['/nonexistent/program'] } });
    expect((await hooks.before(['h'], facts, 'ignore')).veto).toBeNull();
    const { veto, results } = await hooks.before(['h'], facts, 'veto');
    expect(results).toMatchObject([{ outcome: 'failed' }]);
    expect(veto).toMatch(
      /^hook h is failed, which the policy makes a veto: \/nonexistent\/program could not be started/,
    );
  });

  it('that closes its input and is silent is no problem', async () => {
    const { results } = await runner({ h: { command: ['/bin/true'] } }).before(['h'], facts, 'veto');
    expect(results).toMatchObject([{ outcome: 'ok', detail: '' }]);
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a webhook', () => {
  let server: Server;
  let url: string;
  let answer: (request: IncomingMessage, response: ServerResponse) => void = () => {};
  beforeAll(async () => {
    server = createServer((request, response) => answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it('is POSTed the facts, with its headers', async () => {
    let seen: unknown;
    answer = (request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        seen = {
          method: request.method,
          auth: request.headers.authorization,
          body: JSON.parse(body) as unknown,
        };
        response.end('noted');
      });
    };
    const hooks = runner({ h: { webhook: url, headers: { authorization: 'Bearer x' } } });
    const { results } = await hooks.before(['h'], facts, 'veto');
    expect(results).toMatchObject([{ outcome: 'ok', detail: 'noted' }]);
    expect(seen).toEqual({ method: 'POST', auth: 'Bearer x', body: facts });
  });

  it.each([
    [409, 'veto', 'not now'],
    [500, 'failed', `answers 500`],
    [302, 'failed', `answers 302`],
  ])('that answers %i is a %s', async (status, outcome, detail) => {
    answer = (_, response) => void response.writeHead(status, { location: '/else' }).end('not now');
    const { results, veto } = await runner({ h: { webhook: url } }).before(['h'], facts, 'ignore');
    expect(results).toMatchObject([{ outcome }]);
    expect(results[0]?.detail).toContain(detail);
    expect(veto === null).toBe(outcome !== 'veto');
  });

  it('that never answers is given up', async () => {
    answer = () => {};
    const { results } = await runner({ h: { webhook: url, timeoutMs: 200 } }).before(['h'], facts, 'ignore');
    expect(results).toMatchObject([{ outcome: 'timed-out' }]);
  });
});

describe('hooks of a library user', () => {
  const hook = (run: Hook['run'], timeoutMs = 5_000): Hook => ({ timeoutMs, run });

  it('are run one after the other, until the first veto', async () => {
    const ran: string[] = [];
    const say = (name: string, ok: boolean) =>
      hook(async () => {
        ran.push(name);
        return { ok, detail: name };
      });
    const hooks = runner({}, { a: say('a', true), b: say('b', false), c: say('c', true) });
    expect((await hooks.before(['a', 'b', 'c'], facts, 'ignore')).veto).toBe('hook b vetoes: b');
    expect(ran).toEqual(['a', 'b']);
  });

  it('afterwards delay nobody, and their results are told', async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const slow = hook(async () => {
      await held;
      return { ok: true, detail: 'late' };
    });
    const hooks = runner({}, { slow });
    const told = new Promise<readonly HookResult[]>((resolve) =>
      hooks.after(['slow', 'unknown'], facts, resolve),
    );
    release();
    expect(await told).toMatchObject([
      { name: 'slow', outcome: 'ok', detail: 'late' },
      { name: 'unknown', outcome: 'failed' },
    ]);
  });

  it('that ignore every signal end with the engine all the same', async () => {
    const hooks = runner({}, { stuck: hook(() => new Promise(() => {}), 60_000) });
    let told = false;
    hooks.after(['stuck'], facts, () => (told = true));
    await hooks.close();
    expect(told).toBe(false);
  });

  it('that pile up are dropped, and said', async () => {
    const hooks = runner({}, { stuck: hook(() => new Promise(() => {}), 60_000) });
    const dropped: HookResult[] = [];
    for (let i = 0; i < 300; i += 1) hooks.after(['stuck'], facts, (results) => dropped.push(...results));
    expect(dropped.length).toBeGreaterThan(0);
    expect(dropped[0]).toMatchObject({
      outcome: 'failed',
      detail: '200 operations wait for their hooks already',
    });
  });
});

describe('the configuration of hooks', () => {
  it.each([
    [{ h: { command: [] } }],
    [{ h: { command: [''] } }],
    [{ h: { webhook: 'ftp://x' } }],
    [{ h: { command: ['a'], webhook: 'http://x' } }],
    [{ h: {} }],
    [{ 'a b': { command: ['x'] } }],
    [{ h: { command: ['x'], timeoutMs: -1 } }],
  ])('%j is refused', (config) => {
    expect(hooksConfigSchema.safeParse(config).success).toBe(false);
  });
});
