import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';
import { parseDuration } from '../output/time.js';

/** How long a command waits for what it has asked for. */
export const timeoutOption = {
  type: 'string',
  default: '60s',
  requiresArg: true,
  describe: 'how long to wait for the result, such as 30s',
} as const;

/** @throws {CliError} naming the option, when it is no time above 0 */
export function requireDuration(name: string, text: string, example = '30s'): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  throw new CliError(`--${name} ${text} is no time`, {
    expected: `expected for example ${example}`,
    exitCode: ExitCode.usage,
  });
}

/** @throws {CliError} naming the option, when it is no address of a server */
export async function requireAddress(name: string, text: string | undefined): Promise<void> {
  const { isAddress } = await import('@dcmha/zk-schema');
  if (text === undefined || isAddress(text)) return;
  throw new CliError(`--${name} ${text} names no server`, {
    expected: 'expected host:port',
    exitCode: ExitCode.usage,
  });
}

/** @throws {CliError} naming the option, when it is no moment to come */
export async function requireMoment(name: string, text: string): Promise<number> {
  const { parseMoment } = await import('../output/parse-moment.js');
  const nowMs = Date.now();
  const atMs = parseMoment(text, nowMs);
  if (atMs !== undefined && atMs > nowMs) return atMs;
  throw new CliError(`--${name} ${text} is no moment${atMs === undefined ? '' : ' to come'}`, {
    expected: 'expected for example 03:00, 2026-11-24T03:00 or +2h',
    exitCode: ExitCode.usage,
  });
}
