import type { z } from 'zod';
import { ConfigError } from './config-error.js';
import { describeIssues } from './describe-issues.js';
import { resolveSecrets } from './secrets.js';
import { SourceFile } from './source-file.js';

export interface LoadedConfig<T> {
  readonly path: string;
  readonly config: T;
  /** Texts that must not appear in any output. */
  readonly secrets: readonly string[];
}

const secretKey = /password|passphrase|secret|token|^auth$/i;

/**
 * Reads a YAML or JSON configuration file, puts its secrets in, and checks it.
 *
 * @throws {ConfigError} with every problem, its key and its line
 */
export async function loadConfig<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  env: Readonly<Record<string, string | undefined>>,
): Promise<LoadedConfig<z.output<Schema>>> {
  const file = await SourceFile.read(path);
  const { value, secrets } = await resolveSecrets(file, env);
  const parsed = schema.safeParse(value ?? {});
  if (!parsed.success) {
    throw new ConfigError(
      path,
      describeIssues(schema, parsed.error.issues, (at) => file.lineOf(at)),
    );
  }
  return { path, config: parsed.data, secrets: [...secrets, ...literalSecrets(value)] };
}

/** Values that stand in the file itself under a key that tells what they are. */
function literalSecrets(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]: [string, unknown]) =>
    typeof item === 'string' && secretKey.test(key) ? [item] : literalSecrets(item),
  );
}
