import { defaultGroupPolicy, groupPolicySchema, type GroupPolicy } from '@dcmha/zk-schema';
import { loadConfig } from '../config/load-config.js';
import { SourceFile } from '../config/source-file.js';

export interface CheckedPolicy {
  /** As it was written: defaults stay open, so that a later version may choose better ones. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly semisync: boolean;
  readonly policy: GroupPolicy;
}

/** @throws {ConfigError} naming each key that is wrong, and its line */
export async function readPolicy(
  path: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<CheckedPolicy> {
  if (path === undefined) {
    return {
      input: {},
      semisync: defaultGroupPolicy.durability.mode === 'semisync',
      policy: defaultGroupPolicy,
    };
  }
  const { config } = await loadConfig(path, groupPolicySchema, env);
  const { value } = await SourceFile.read(path);
  return {
    input: (value ?? {}) as Readonly<Record<string, unknown>>,
    semisync: config.durability.mode === 'semisync',
    policy: config,
  };
}
