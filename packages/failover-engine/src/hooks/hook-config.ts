import { hookName } from '@dcmha/zk-schema';
import { z } from 'zod';
import { commandHook } from './command-hook.js';
import type { Hook } from './hook.js';
import { webhook } from './webhook.js';

const timeoutMs = z.int().min(100).max(600_000).default(10_000);

const commandSchema = z.strictObject({
  /** Program and arguments; no shell reads them. */
  command: z
    .array(z.string())
    .min(1)
    .refine((argv) => argv[0] !== '', 'expected a program first'),
  timeoutMs,
});
const webhookSchema = z.strictObject({
  webhook: z.url({ protocol: /^https?$/ }),
  /** Sent along, for instance `authorization`. */
  headers: z.record(z.string(), z.string()).default({}),
  timeoutMs,
});

/** Hooks by name. Policies of groups refer to these names; what is run stands only here. */
export const hooksConfigSchema = z.record(hookName, z.union([commandSchema, webhookSchema])).default({});
export type HooksConfig = z.output<typeof hooksConfigSchema>;

export function hooksOf(config: HooksConfig): ReadonlyMap<string, Hook> {
  return new Map(
    Object.entries(config).map(([name, one]): [string, Hook] => [
      name,
      'command' in one ? commandHook(one) : webhook(one),
    ]),
  );
}
