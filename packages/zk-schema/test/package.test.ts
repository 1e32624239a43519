import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Sandbox } from '@dcmha/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const packages = fileURLToPath(new URL('../../', import.meta.url));
let sandbox: Sandbox;
let folder: string;

/** The examples of the README, in order. */
async function examples(): Promise<string[]> {
  const readme = await readFile(join(packages, 'zk-schema', 'README.md'), 'utf8');
  return [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code as string);
}

async function runExample(code: string, env: Record<string, string> = {}): Promise<string> {
  const file = join(folder, 'example.mjs');
  await writeFile(file, code);
  const { stdout } = await run(process.execPath, [file], {
    cwd: folder,
    env: { ...process.env, ...env },
    timeout: 30_000,
  });
  return stdout;
}

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'zk-schema-package' });
  folder = await mkdtemp(join(tmpdir(), 'zk-schema-package-'));
  await run('npx', ['tsc', '-b', join(packages, 'zk-schema', 'tsconfig.build.json')], { cwd: packages });
  const tarballs: string[] = [];
  for (const name of ['zk-client', 'zk-schema']) {
    const args = ['pack', '--json', '--pack-destination', folder];
    const { stdout } = await run('npm', args, { cwd: join(packages, name) });
    const [packed] = JSON.parse(stdout) as { filename: string }[];
    tarballs.push(join(folder, packed?.filename ?? ''));
  }
  await writeFile(join(folder, 'package.json'), '{"private":true}');
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...tarballs], { cwd: folder });
});

afterAll(async () => {
  await sandbox?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('the package, installed alone with zk-client', () => {
  it('holds what a user needs and no tests', async () => {
    const installed = join(folder, 'node_modules', '@dcmha', 'zk-schema');
    for (const file of ['README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts', 'dist/memory/index.js'])
      expect(existsSync(join(installed, file)), file).toBe(true);
    const code = `
      import { readdirSync } from 'node:fs';
      const files = readdirSync(${JSON.stringify(installed)}, { recursive: true });
      console.log(JSON.stringify(files.filter((file) => /\\.test\\.|testing|tsbuildinfo|src\\//.test(file))));
    `;
    expect(await runExample(code)).toBe('[]\n');
  });

  it('the first example of the README runs', async () => {
    const [first = ''] = await examples();
    const output = await runExample(first);
    expect(output).toContain('route: db1:3306');
    expect(output).toContain('EpochError: /mysql/master/orders');
  });

  it('the example with a real ZooKeeper runs', async () => {
    const { connectString } = await sandbox.startZooKeeper({ nodes: 1 });
    const [, second = ''] = await examples();
    expect(await runExample(second, { ZOOKEEPER: connectString })).toContain("state: 'down'");
  });

  it('the npm package zookeeper is not needed, and asked for when it is', async () => {
    expect(existsSync(join(folder, 'node_modules', 'zookeeper'))).toBe(false);
    const code = `
      import { openNativeZooKeeper } from '@dcmha/zk-schema/native-driver';
      await openNativeZooKeeper({ connect: '127.0.0.1:1' }).catch((error) => console.log(error.name, error.message));
    `;
    const output = await runExample(code);
    expect(output).toContain('NativeDriverUnavailableError');
    expect(output).toContain('npm install zookeeper');
  });

  it('the conformance suite needs no test runner', async () => {
    const code = `
      import { conformanceCases } from '@dcmha/zk-schema/conformance';
      console.log(conformanceCases.length > 40);
    `;
    expect(await runExample(code)).toBe('true\n');
  });
});
