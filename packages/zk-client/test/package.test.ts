import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Sandbox, type ZooKeeperEnsemble } from '@dcmha/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url));

let sandbox: Sandbox;
let ensemble: ZooKeeperEnsemble;
let folder: string;
/** An empty folder into which nothing but the packed package was installed. */
let project: string;

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'zk-package' });
  ensemble = await sandbox.startZooKeeper();
  folder = await mkdtemp(join(tmpdir(), 'zk-package-'));
  const staged = join(folder, 'staged');
  project = join(folder, 'project');
  await mkdir(staged);
  await mkdir(project);
  for (const file of ['package.json', 'README.md', 'LICENSE']) await cp(join(root, file), join(staged, file));
  const build = ['-p', join(root, 'tsconfig.build.json'), '--outDir', join(staged, 'dist')];
  await run(process.execPath, [
    tsc,
    ...build,
    '--composite',
    'false',
    '--incremental',
    'false',
    '--tsBuildInfoFile',
    'null',
  ]);
  const npm = (cwd: string, ...args: string[]): Promise<unknown> =>
    run('npm', args, { cwd, env: { ...process.env, npm_config_cache: join(folder, 'cache') } });
  await npm(staged, 'pack', '--pack-destination', folder);
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz')) as string;
  await writeFile(join(project, 'package.json'), '{"type":"module","private":true}');
  await npm(project, 'install', '--offline', '--no-audit', '--no-fund', join(folder, tarball));
});

afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

describe('the packed package, installed alone', () => {
  it('brings nothing along but itself, without tests', async () => {
    expect(await readdir(join(project, 'node_modules'))).toEqual(['.package-lock.json', '@dcmha']);
    const files = await readdir(join(project, 'node_modules/@dcmha/zk-client'), { recursive: true });
    expect(files).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts']),
    );
    expect(files.filter((file) => /test|tsbuild|bench/.test(file))).toEqual([]);
  });

  it('runs every example of its README that is a whole program', async () => {
    const readme = await readFile(join(root, 'README.md'), 'utf8');
    const examples = [...readme.matchAll(/```js\n(.*?)```/gs)].map((match) => match[1] as string);
    expect(examples.length).toBeGreaterThanOrEqual(2);
    for (const [index, example] of examples.entries()) {
      const script = join(project, `example-${index}.js`);
      await writeFile(script, example.replaceAll('127.0.0.1:2181', ensemble.connectString));
      const { stdout, stderr } = await run(process.execPath, [script], { timeout: 30_000 });
      expect(stderr).toBe('');
      expect(stdout).not.toBe('');
    }
  });

  it('has types that a strict project compiles against', async () => {
    const source = join(project, 'use.ts');
    await writeFile(
      source,
      `import { Lock, ZooKeeperClient, type Stat, type ZooKeeper } from '@dcmha/zk-client';
       const zk: ZooKeeper = new ZooKeeperClient({ connect: 'a:1', tls: true });
       export const stat: Promise<Stat> = zk.set('/a', 'b', { version: 1, signal: AbortSignal.timeout(1) });
       export const lock = new Lock(zk, '/lock');`,
    );
    const types = fileURLToPath(new URL('../../../node_modules/@types', import.meta.url));
    const options = [
      '--strict',
      '--noEmit',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--typeRoots',
      types,
    ];
    await run(process.execPath, [tsc, ...options, '--types', 'node', source], { cwd: project });
  });
});
