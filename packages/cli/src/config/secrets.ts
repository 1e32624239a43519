import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ConfigError, type ConfigProblem } from './config-error.js';
import type { SourceFile } from './source-file.js';

const secretBytesMax = 64 * 1024;

/**
 * Replaces every `{ fromEnv: NAME }` and `{ fromFile: PATH }` by the text it stands for. A file is read relative to the
 * configuration file; one newline at its end is not part of the secret.
 *
 * @returns the value with the secrets in it, and the secrets themselves, for keeping them out of logs
 * @throws {ConfigError} naming each secret that cannot be had
 */
export async function resolveSecrets(
  file: SourceFile,
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ value: unknown; secrets: string[] }> {
  const secrets: string[] = [];
  const problems: ConfigProblem[] = [];

  const walk = async (value: unknown, path: readonly PropertyKey[]): Promise<unknown> => {
    if (Array.isArray(value)) return Promise.all(value.map((item, index) => walk(item, [...path, index])));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const reference = entries.length === 1 ? entries[0]! : undefined;
    if (reference !== undefined && (reference[0] === 'fromEnv' || reference[0] === 'fromFile')) {
      const secret = await read(reference[0], reference[1], file.path, env);
      if ('text' in secret) {
        secrets.push(secret.text);
        return secret.text;
      }
      problems.push({ key: path.join('.'), line: file.lineOf(path), message: secret.problem });
      return '';
    }
    const walked = await Promise.all(
      entries.map(async ([key, item]): Promise<[string, unknown]> => [key, await walk(item, [...path, key])]),
    );
    return Object.fromEntries(walked);
  };

  const value = await walk(file.value, []);
  if (problems.length > 0) throw new ConfigError(file.path, problems);
  return { value, secrets };
}

async function read(
  from: 'fromEnv' | 'fromFile',
  name: unknown,
  configPath: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ text: string } | { problem: string }> {
  if (typeof name !== 'string' || name === '') return { problem: `${from} names nothing; expected a text` };
  if (from === 'fromEnv') {
    const text = env[name];
    if (text === undefined || text === '') {
      return { problem: `the environment variable ${name} is not set; set it, or name another with fromEnv` };
    }
    return { text };
  }
  const path = resolve(dirname(configPath), name);
  try {
    const bytes = await readFile(path);
    if (bytes.length > secretBytesMax) return { problem: `the file ${path} is too big for a secret` };
    const text = bytes.toString('utf8').replace(/\r?\n$/, '');
    return text === '' ? { problem: `the file ${path} is empty; expected a secret in it` } : { text };
  } catch (error) {
    return {
      problem: `the file ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`,
    };
  }
}
