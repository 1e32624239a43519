import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sandboxDown, sandboxKill, sandboxStatus, waitUntil } from '@dcmha/sandbox';
import type { DemoResult } from '@dcmha/sandbox/demo';

const dcmha = fileURLToPath(new URL('../../cli/bin/dcmha.js', import.meta.url));
/** Folders of the demo are made in here, so that its processes are told by their command lines. */
let folder: string;
let stateBefore: string | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dt-'));
  stateBefore = process.env.DCMHA_STATE;
  process.env.DCMHA_STATE = join(folder, 'state');
});
afterAll(async () => {
  await sandboxDown('demo').catch(() => {});
  if (stateBefore === undefined) delete process.env.DCMHA_STATE;
  else process.env.DCMHA_STATE = stateBefore;
  await rm(folder, { recursive: true, force: true });
});

function startDemo(...args: string[]) {
  const child = spawn(process.execPath, [dcmha, 'demo', ...args], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { text: '', stdout: '' };
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => (output.text += String(data)));
  child.stdout.on('data', (data) => (output.stdout += String(data)));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, output, ended };
}

/** Command lines of living processes that have to do with the folder. */
function processesOfDemo(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return line.includes(`${folder}/dcmha-`) ? [`${pid} ${line.slice(0, 200)}`] : [];
      } catch {
        return [];
      }
    });
}

const nothingLeft = () =>
  waitUntil(() => (processesOfDemo().length === 0 ? true : undefined), { timeoutMs: 15_000, everyMs: 50 });

describe('the demo', () => {
  it('keeps every promise, tells so as JSON, goes on running when asked to, and goes away', async () => {
    const { output, ended } = startDemo('--json', '--keep');
    const code = await ended;
    const lines = output.stdout.trimEnd().split('\n');
    const result = JSON.parse(lines.at(-1)!) as DemoResult;
    expect(result.problems, output.text).toEqual([]);
    expect(code).toBe(0);
    expect(result).toMatchObject({ ok: true, lostWrites: 0 });
    expect(result.events.map(({ kind }) => kind)).toEqual([
      'failover',
      'switchover',
      'failover',
      'failover',
      'failover',
    ]);
    expect(result.ackedWrites).toBeGreaterThan(1_000);
    expect(result.reads).toBeGreaterThan(0);
    for (const { downtimeMs, phasesMs, from, to } of result.events) {
      expect(downtimeMs).toBeGreaterThan(0);
      expect(from).not.toBe(to);
      expect(Object.keys(phasesMs)).toEqual(expect.arrayContaining(['promoted', 'routed', 'firstWrite']));
    }

    const { entries, endpoints } = await sandboxStatus('demo');
    expect(entries.map(({ kind }) => kind)).toEqual([
      'zookeeper',
      ...['mysql', 'mysql', 'mysql'],
      'haproxy',
      ...['agent', 'agent', 'agent'],
      ...['engine', 'engine'],
      'router',
    ]);
    // One engine was killed in the third scene.
    expect(entries.filter(({ state }) => state === 'gone').map(({ kind }) => kind)).toEqual(['engine']);
    expect(entries.filter(({ role }) => role === 'writable')).toHaveLength(1);
    expect(endpoints).toHaveProperty('write');

    // It is alive: the group fails over once more although the demo has ended.
    const killed = await sandboxKill('demo', 'primary');
    const successor = await waitUntil(
      async () => {
        const now = (await sandboxStatus('demo')).entries.find(({ role }) => role === 'writable');
        return now && now.name !== killed.name ? now : undefined;
      },
      { timeoutMs: 30_000, everyMs: 50 },
    );
    expect(successor).toBeDefined();

    const again = startDemo('--keep');
    expect(await again.ended).toBe(1);
    expect(again.output.text).toContain('dcmha sandbox down --name demo');

    await sandboxDown('demo');
    expect(await nothingLeft()).toBe(true);
  }, 300_000);

  it('ends everything on Ctrl-C, exit code 130', async () => {
    const { child, output, ended } = startDemo();
    const begun = await waitUntil(() => (output.text.includes('starting HAProxy') ? true : undefined), {
      timeoutMs: 60_000,
    });
    expect(begun, output.text).toBe(true);
    expect(processesOfDemo().length).toBeGreaterThan(3);
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(await nothingLeft()).toBe(true);
    expect(readdirSync(folder).filter((name) => name.startsWith('dcmha-demo'))).toEqual([]);
  }, 120_000);

  it('leaves nothing behind when it is killed', async () => {
    const { child, output, ended } = startDemo();
    await waitUntil(() => (output.text.includes('starting HAProxy') ? true : undefined), {
      timeoutMs: 60_000,
    });
    expect(processesOfDemo().length).toBeGreaterThan(3);
    child.kill('SIGKILL');
    await ended;
    expect(await nothingLeft()).toBe(true);
    const removed = await waitUntil(
      () => (readdirSync(folder).some((name) => name.startsWith('dcmha-demo')) ? undefined : true),
      { timeoutMs: 15_000 },
    );
    expect(removed).toBe(true);
  }, 120_000);

  it('says what is wrong with its arguments', async () => {
    const { output, ended } = startDemo('--kepp');
    expect(await ended).toBe(2);
    expect(output.text).toContain('kepp');
    expect(existsSync(join(folder, 'dcmha-demo'))).toBe(false);
  });
});
