import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GroupPolicyInput } from '@dcmha/zk-schema';
import { run } from '../process/run.js';

export interface Registration {
  /** Path of the `dcmha` program. */
  readonly dcmha: string;
  readonly group: string;
  /** `host:port` each. */
  readonly members: readonly string[];
  readonly router: string;
  readonly policy: GroupPolicyInput;
  /** For the file with the policy. */
  readonly folder: string;
  readonly operatorConfigFile: string;
  readonly signal?: AbortSignal;
}

const timeoutMs = 30_000;

/** Registers a group as an operator does: `dcmha group add`. Throws `CommandFailedError` with what it said. */
export async function registerGroup(registration: Registration): Promise<void> {
  const { dcmha, group, members, router, policy, folder, operatorConfigFile, signal } = registration;
  const policyFile = join(folder, 'policy.json');
  await writeFile(policyFile, `${JSON.stringify(policy, null, 2)}\n`);
  await run(
    process.execPath,
    [
      dcmha,
      'group',
      'add',
      group,
      ...members.flatMap((member) => ['--member', member]),
      '--router',
      router,
      '--policy-file',
      policyFile,
      '--config',
      operatorConfigFile,
    ],
    { timeoutMs, ...(signal ? { signal } : {}) },
  );
}
