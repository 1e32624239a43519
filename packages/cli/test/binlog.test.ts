import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Sandbox, type MysqlServer } from '@dcmha/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dcmha } from './support/run.js';

let sandbox: Sandbox;
let server: MysqlServer;
let file: string;
let uuid: string;
let env: Record<string, string>;

beforeAll(async () => {
  sandbox = await Sandbox.create({ name: 'binlog' });
  server = await sandbox.startMysql({ serverId: 1, options: { 'binlog-row-metadata': 'FULL' } });
  await server.query('CREATE TABLE app.t (id INT PRIMARY KEY, name VARCHAR(20))');
  await server.query('FLUSH BINARY LOGS');
  await server.query("INSERT INTO app.t VALUES (1, 'one'), (2, 'two')");
  await server.query("UPDATE app.t SET name = 'deux' WHERE id = 2");
  await server.query('DELETE FROM app.t WHERE id = 1');
  const [status] = await server.query('SHOW BINARY LOG STATUS');
  file = join(server.dataDir, String(status!.File));
  const [row] = await server.query('SELECT @@server_uuid AS uuid');
  uuid = String(row!.uuid);
  env = { DCMHA_MYSQL_USER: server.admin.user, DCMHA_MYSQL_PASSWORD: server.admin.password };
});

afterAll(async () => {
  await sandbox?.close();
});

describe('dcmha binlog', () => {
  it('info tells what is in a file', async () => {
    const run = await dcmha(['binlog', 'info', file, '--json']);
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run.json()).toMatchObject({
      transactionCount: 3,
      rowCount: 4,
      tables: [{ schema: 'app', table: 't', inserts: 2, updates: 1, deletes: 1 }],
    });
    expect((await dcmha(['binlog', 'info', file])).stdout).toMatch(/app\.t +2 +1 +1/);
  });

  it('cat prints rows, for people and for programs', async () => {
    const text = await dcmha(['binlog', 'cat', file]);
    expect(text.stdout).toContain('~ app.t  id=2, name="two"  =>  name: "two" -> "deux"');
    const summary = await dcmha(['binlog', 'cat', file, '--summary']);
    expect(summary.stdout.trimEnd().split('\n')).toHaveLength(3);
    const json = await dcmha(['binlog', 'cat', file, '--json']);
    expect(
      json.stdout
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { kind: string }).kind),
    ).toEqual(['insert', 'insert', 'update', 'delete']);
  });

  it('reads from a server, all or a part', async () => {
    const all = await dcmha(['binlog', 'info', '--host', server.address, '--json'], { env });
    expect(all.json<{ transactionCount: number }>().transactionCount).toBeGreaterThan(3);
    const last = (await dcmha(['binlog', 'info', file, '--json']))
      .json<{ gtids: string }>()
      .gtids.split('-')
      .at(-1);
    const part = await dcmha(
      ['binlog', 'info', '--host', server.address, '--gtids', `${uuid}:${last}`, '--json'],
      { env },
    );
    expect(part.json()).toMatchObject({ transactionCount: 1, tables: [{ deletes: 1 }] });
    const none = await dcmha(['binlog', 'info', file, '--table', 'app.other', '--json']);
    expect(none.json()).toMatchObject({ transactionCount: 0 });
    const later = await dcmha(['binlog', 'info', file, '--start', '2100-01-01', '--json']);
    expect(later.json()).toMatchObject({ transactionCount: 0 });
  });

  it('begins and ends at a position, reads an index, takes GTIDs from a file', async () => {
    const lines = (await dcmha(['binlog', 'redo', file, '--format', 'json'])).stdout.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { kind: string }).kind)).toEqual([
      'insert',
      'insert',
      'update',
      'delete',
    ]);
    const undone = (await dcmha(['binlog', 'undo', file, '--format', 'json'])).stdout.trimEnd().split('\n');
    expect(undone.map((line) => (JSON.parse(line) as { kind: string }).kind)[0]).toBe('delete');
    const cat = await dcmha(['binlog', 'cat', file, '--summary']);
    const [, position] = new RegExp(`${basename(file)}:(\\d+)`).exec(cat.stdout.split('\n')[1]!)!;
    const at = `${basename(file)}:${position}`;
    const count = async (...args: string[]) =>
      (await dcmha(['binlog', 'info', ...args, '--json'])).json<{ transactionCount: number }>()
        .transactionCount;
    expect(await count(file, '--start', at)).toBe(2);
    expect(await count(file, '--stop', at)).toBe(1);
    expect(await count(file, '--start', '2020-01-01')).toBe(3);
    expect(await count(file, '--table', 'app.*')).toBe(3);
    const index = join(server.dataDir, 'binlog.index');
    expect(await count('--index', index)).toBeGreaterThan(3);
    expect(await count('--index', index, '--start', at)).toBeGreaterThanOrEqual(2);
    const gtids = join(server.dataDir, 'wanted.txt');
    const all = (await dcmha(['binlog', 'info', file, '--json'])).json<{ gtids: string }>().gtids;
    await writeFile(gtids, `${all}\n`);
    expect(await count('--index', index, '--gtids', `@${gtids}`)).toBe(3);
  });

  it('undo and redo are SQL that the server takes', async () => {
    const undo = await dcmha(['binlog', 'undo', file]);
    expect(undo).toMatchObject({ exitCode: 0, stderr: '' });
    const redo = await dcmha(['binlog', 'redo', file]);
    expect(redo.exitCode).toBe(0);
    const connection = await server.connect({ multipleStatements: true });
    try {
      await connection.query(undo.stdout);
      expect((await connection.query('SELECT * FROM app.t'))[0]).toEqual([]);
      await connection.query(redo.stdout);
      expect((await connection.query('SELECT * FROM app.t'))[0]).toEqual([{ id: 2, name: 'deux' }]);
    } finally {
      connection.destroy();
    }
    const plan = await dcmha(['binlog', 'undo', file, '--summary', '--json']);
    expect(plan.json()).toMatchObject({ ok: true });
  });

  it('asks a server for names that the binlog does not hold', async () => {
    const plain = await sandbox.startMysql({ serverId: 3, options: { 'binlog-row-metadata': 'MINIMAL' } });
    await plain.query('CREATE TABLE app.t (id INT PRIMARY KEY, name VARCHAR(20))');
    await plain.query('FLUSH BINARY LOGS');
    await plain.query("INSERT INTO app.t VALUES (1, 'one')");
    const [status] = await plain.query('SHOW BINARY LOG STATUS');
    const path = join(plain.dataDir, String(status!.File));
    expect((await dcmha(['binlog', 'cat', path])).stdout).toContain('@1=1');
    const account = { DCMHA_MYSQL_USER: plain.admin.user, DCMHA_MYSQL_PASSWORD: plain.admin.password };
    const named = await dcmha(['binlog', 'cat', path, '--schema-from', plain.address], { env: account });
    expect(named.stdout).toContain('id=1, name="one"');
    await plain.stop();
  });

  it('a reader that has seen enough is no error', async () => {
    await server.query('CREATE TABLE app.many (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(200))');
    await server.query('FLUSH BINARY LOGS');
    const [status] = await server.query('SHOW BINARY LOG STATUS');
    const rows = Array.from({ length: 1000 }, () => `('${'x'.repeat(150)}')`).join(',');
    for (let i = 0; i < 20; i++) await server.query(`INSERT INTO app.many (name) VALUES ${rows}`);
    const many = join(server.dataDir, String(status!.File));
    const command = fileURLToPath(new URL('../bin/dcmha.js', import.meta.url));
    for (const what of ['redo', 'undo', 'cat']) {
      const pipe = `"${process.execPath}" "${command}" binlog ${what} "${many}" | head -n 1; echo "\${PIPESTATUS[0]}"`;
      const { stdout, stderr } = await promisify(execFile)('bash', ['-c', pipe]);
      expect(stderr).toBe('');
      expect(stdout.trimEnd().split('\n')).toEqual([expect.stringMatching(/./), '0']);
    }
  });

  it('undo is refused, with the reason, when it could not be whole', async () => {
    await server.query('FLUSH BINARY LOGS');
    await server.query('ALTER TABLE app.t ADD COLUMN more INT');
    const [status] = await server.query('SHOW BINARY LOG STATUS');
    const run = await dcmha(['binlog', 'undo', join(server.dataDir, String(status!.File))]);
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(run.stderr).toMatch(
      /^dcmha: the transactions cannot be taken back\n {2}- .*(ALTER|definition|DDL)/i,
    );
  });

  it.each([
    [['info'], 2, /no binlog is named; expected files, or --index FILE, or --host/],
    [['info', 'x', '--index', 'y'], 2, /FILE and --index exclude each other/],
    [['cat', '/nope/binlog.000001'], 1, /binlog\.000001/],
    [['info', 'x', '--start', 'yesterday'], 2, /--start yesterday is neither a time nor a position/],
    [['info', 'x', '--table', 't'], 2, /--table t names no table; expected db\.table/],
    [['info', 'x', '--gtids', 'abc'], 2, /abc/],
    [['info', '--host', '127.0.0.1:3306'], 2, /no account for the MySQL servers is named/],
  ])('%j ends with %i', async (args, exitCode, message) => {
    const run = await dcmha(['binlog', ...args]);
    expect(run.stderr).toMatch(message);
    expect(run.exitCode).toBe(exitCode);
  });
});

describe('dcmha gtid', () => {
  const a = '0B5F9F4E-6D1C-11F0-9C1A-0242AC110002';
  const low = a.toLowerCase();
  it.each([
    [['parse', `${a}:5-7:1-3,\n${a}:4`], `${low}:1-7`],
    [['parse', '0-1-5'], '0-1-5'],
    [['union', `${a}:1-3`, `${a}:5`, `${a}:4`], `${low}:1-5`],
    [['subtract', `${a}:1-9`, `${a}:2-3`, `${a}:9`], `${low}:1:4-8`],
    [['intersect', `${a}:1-9`, `${a}:2-3`], `${low}:2-3`],
    [['contains', `${a}:1-9`, `${a}:2-3`], 'yes'],
  ])('%j', async (args, expected) => {
    expect(await dcmha(['gtid', ...args])).toMatchObject({
      exitCode: 0,
      stdout: `${expected}\n`,
      stderr: '',
    });
  });

  it('reads stdin, and tells by its exit code what is missing', async () => {
    const parsed = await dcmha(['gtid', 'parse', '@-', '--json'], { stdin: `${a}:1-3` });
    expect(parsed.json()).toEqual({ flavor: 'mysql', set: `${low}:1-3`, count: 3 });
    const contains = await dcmha(['gtid', 'contains', `${a}:1-3`, `${a}:3-4`]);
    expect(contains).toMatchObject({ exitCode: 1, stdout: `no: ${low}:4\n` });
  });

  it.each([[['parse', 'what']], [['union', `${a}:1`, '0-1-5']], [['parse', '@/nope']]])(
    '%j is refused',
    async (args) => {
      expect(await dcmha(['gtid', ...args])).toMatchObject({ exitCode: 2, stdout: '' });
    },
  );
});
