import type { BinlogPosition } from '@dcmha/binlog-reconcile';
import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';

/** `binlog.000007:4711`, `2025-10-09T08:53:20Z`, `2025-10-09 08:53:20` (UTC). @throws {CliError} */
export function parseBound(option: string, text: string): BinlogPosition | Date {
  const position = /^([^\s/]+\.\d+):(\d+)$/.exec(text);
  if (position) return { file: position[1]!, position: Number(position[2]) };
  const hasZone = /(Z|[+-]\d\d:?\d\d)$/i.test(text);
  const time = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?$/i.test(text)
    ? new Date(hasZone ? text : `${text.includes(':') ? text.replace(' ', 'T') : `${text}T00:00`}Z`)
    : new Date(Number.NaN);
  if (!Number.isNaN(time.getTime())) return time;
  throw new CliError(`${option} ${text} is neither a time nor a position`, {
    expected: 'expected 2025-10-09T08:53:20Z or binlog.000007:4711',
    exitCode: ExitCode.usage,
  });
}
