import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentConfigSchema } from '@dcmha/agent';
import { engineConfigSchema } from '@dcmha/failover-engine';
import { routerConfigSchema } from '@dcmha/router-sync';
import { groupPolicySchema } from '@dcmha/zk-schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operatorConfigSchema } from '../operator/operator-config.js';
import { loadConfig } from './load-config.js';

const examples = new URL('../../../../examples/', import.meta.url);
const schemas = {
  'agent.yaml': agentConfigSchema,
  'engine.yaml': engineConfigSchema,
  'router.yaml': routerConfigSchema,
  'policy.yaml': groupPolicySchema,
  'operator.yaml': operatorConfigSchema,
};

describe('the example configurations', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dcmha-examples-'));
    await writeFile(join(folder, 'secret'), 'a-secret-of-some-length\n');
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it('are all known here', async () => {
    const files = (await readdir(examples)).filter((name) => name.endsWith('.yaml'));
    expect(files.sort()).toEqual(Object.keys(schemas).sort());
  });

  it.each(Object.entries(schemas))('%s is good', async (name, schema) => {
    const text = await readFile(new URL(name, examples), 'utf8');
    const path = join(folder, name);
    await writeFile(path, text.replaceAll(/fromFile: \S+/g, 'fromFile: secret'));
    const { config } = await loadConfig(path, schema, { DCMHA_PASSWORD: 'a-secret' });
    expect(config).toBeTypeOf('object');
  });
});
