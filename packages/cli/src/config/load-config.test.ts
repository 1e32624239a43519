import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError } from './config-error.js';
import { loadConfig } from './load-config.js';

const schema = z.strictObject({
  name: z.string(),
  zookeeper: z.strictObject({
    connect: z.string().min(1),
    sessionTimeoutMs: z.int().positive().default(6000),
    auth: z.string().optional(),
  }),
  mysql: z.strictObject({ user: z.string(), password: z.string() }).optional(),
  probe: z.strictObject({ intervalMs: z.int().min(20).default(250) }).prefault({}),
  proxy: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('haproxy'), socket: z.string() }),
    z.strictObject({ type: z.literal('proxysql'), admin: z.string() }),
  ]),
  groups: z.array(
    z.union([
      z.string().transform((group) => ({ group })),
      z.strictObject({ group: z.string(), writeBackend: z.string().optional() }),
    ]),
  ),
});

const good = `# a comment
name: haproxy-1
zookeeper:
  connect: zk1:2181,zk2:2181
proxy: { type: haproxy, socket: /run/h.sock }
groups:
  - orders
  - group: billing
    writeBackend: w
`;

describe('loadConfig', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dcmha-config-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });
  const load = async (text: string, env: Record<string, string> = {}) => {
    const path = join(folder, 'c.yaml');
    await writeFile(path, text);
    return loadConfig(path, schema, env);
  };
  const problems = async (text: string, env: Record<string, string> = {}) => {
    const error: unknown = await load(text, env).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).exitCode).toBe(2);
    return (error as ConfigError).problems.map(
      ({ key, line, message }) => `${line ?? '-'} ${key ?? '-'}: ${message}`,
    );
  };

  it('reads YAML, with defaults', async () => {
    const { config } = await load(good);
    expect(config).toEqual({
      name: 'haproxy-1',
      zookeeper: { connect: 'zk1:2181,zk2:2181', sessionTimeoutMs: 6000 },
      probe: { intervalMs: 250 },
      proxy: { type: 'haproxy', socket: '/run/h.sock' },
      groups: [{ group: 'orders' }, { group: 'billing', writeBackend: 'w' }],
    });
  });

  it('reads JSON', async () => {
    const json = {
      name: 'x',
      zookeeper: { connect: 'a:1' },
      proxy: { type: 'proxysql', admin: 'x' },
      groups: [],
    };
    expect((await load(JSON.stringify(json, null, '\t'))).config).toMatchObject(json);
  });

  it.each([
    [
      'a wrong key, with what was meant',
      good.replace('connect:', 'conect:'),
      [
        '3 zookeeper.connect: is missing; expected string',
        '4 zookeeper.conect: unknown key, did you mean "connect"?',
      ],
    ],
    [
      'a key in other letters',
      good.replace('zookeeper:\n', 'zookeeper:\n  session_timeout_ms: 5\n'),
      ['4 zookeeper.session_timeout_ms: unknown key, did you mean "sessionTimeoutMs"?'],
    ],
    [
      'a key that is nowhere near',
      `${good}whatsoever: 1\n`,
      ['10 whatsoever: unknown key; expected one of name, zookeeper, mysql, probe, proxy, groups'],
    ],
    [
      'a wrong key in a list',
      good.replace('writeBackend', 'writeBackends'),
      ['9 groups[1].writeBackends: unknown key, did you mean "writeBackend"?'],
    ],
    [
      'a wrong key behind a default',
      `${good}probe:\n  intervallMs: 30\n`,
      ['11 probe.intervallMs: unknown key, did you mean "intervalMs"?'],
    ],
    [
      'a wrong key of one kind of proxy',
      good.replace('socket: /run', 'sockets: /run'),
      ['5 proxy.socket: is missing; expected string', '5 proxy.sockets: unknown key, did you mean "socket"?'],
    ],
    [
      'a value of the wrong type',
      good.replace('haproxy-1', '[1]'),
      ['2 name: expected string, received array'],
    ],
    [
      'a value out of range',
      `${good}probe: { intervalMs: 3 }\n`,
      ['10 probe.intervalMs: expected number to be >=20'],
    ],
    [
      'a negative time',
      good.replace('  connect', '  sessionTimeoutMs: -1\n  connect'),
      ['4 zookeeper.sessionTimeoutMs: expected number to be >0'],
    ],
    ['a key that stands twice', `${good}name: again\n`, ['10 -: Map keys must be unique']],
    [
      'an empty file',
      '',
      [
        '- name: is missing; expected string',
        '- zookeeper: is missing; expected object',
        '- proxy: is missing; expected object',
        '- groups: is missing; expected array',
      ],
    ],
  ])('names key and line of %s', async (_what, text, expected) => {
    expect(await problems(text)).toEqual(expected);
  });

  it('names the line of broken YAML', async () => {
    expect(await problems(`${good}x: [1, 2\n`)).toEqual([expect.stringMatching(/^1[01] -: .*\]/)]);
  });

  it('says that there is no file', async () => {
    const path = join(folder, 'none.yaml');
    await expect(loadConfig(path, schema, {})).rejects.toThrow(`${path}: there is no such file`);
    await expect(loadConfig(folder, schema, {})).rejects.toThrow(/it is a folder/);
  });

  it('refuses aliases that unfold without end', async () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x,x]'];
    for (let i = 1; i < 10; i += 1) {
      const name = String.fromCharCode(97 + i);
      const before = String.fromCharCode(96 + i);
      bomb.push(`${name}: &${name} [${Array.from({ length: 10 }, () => `*${before}`).join(',')}]`);
    }
    expect(await problems(bomb.join('\n'))).toEqual([expect.stringMatching(/alias/i)]);
  });

  describe('secrets', () => {
    const withPassword = (password: string) => `${good}mysql:\n  user: dcmha\n  password: ${password}\n`;

    it('come from the environment', async () => {
      const { config, secrets } = await load(withPassword('{ fromEnv: PW }'), { PW: 'hush hush' });
      expect(config.mysql?.password).toBe('hush hush');
      expect(secrets).toContain('hush hush');
    });

    it('come from a file beside the configuration, without the newline at its end', async () => {
      await writeFile(join(folder, 'pw'), 'hush\nhush\n');
      const { config } = await load(withPassword('{ fromFile: pw }'));
      expect(config.mysql?.password).toBe('hush\nhush');
    });

    it('may stand in the file, and are known as secrets', async () => {
      const { secrets } = await load(withPassword('plain'));
      expect(secrets).toEqual(['plain']);
    });

    it.each([
      ['{ fromEnv: PW }', /^12 mysql\.password: the environment variable PW is not set/],
      ['{ fromFile: nope }', /^12 mysql\.password: the file .*nope cannot be read \(ENOENT\)/],
      ['{ fromEnv: 7 }', /^12 mysql\.password: fromEnv names nothing/],
    ])('%s that cannot be had is named', async (reference, message) => {
      expect(await problems(withPassword(reference))).toEqual([expect.stringMatching(message)]);
    });

    it('never stand in an error', async () => {
      const error: unknown = await load(good.replace('haproxy-1', '{ fromEnv: PW }').replace('zk1', '{'), {
        PW: 'hush hush',
      }).catch((thrown: unknown) => thrown);
      expect(String(error)).not.toContain('hush hush');
    });
  });
});
