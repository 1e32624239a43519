import { ExitCode } from '../exit-code.js';
import { CliError } from './cli-error.js';

export interface ExplainedError {
  readonly message: string;
  readonly exitCode: ExitCode;
  /** For programs, where the error has one: `CONNECTION_LOSS`, `ACCESS_DENIED`. */
  readonly code: string | undefined;
}

/** Codes of ZooKeeperError and InstanceError that mean: what is needed cannot be reached. */
const unreachable = new Set([
  'CONNECTION_LOSS',
  'OPERATION_TIMEOUT',
  'SESSION_EXPIRED',
  'CONNECT_TIMEOUT',
  'UNREACHABLE',
  'REFUSED',
  'HUNG',
  'STARTING',
  'TOO_MANY_CONNECTIONS',
  'QUERY_TIMEOUT',
  'LOST',
  'ECONNREFUSED',
  'ETIMEDOUT',
  'ENOTFOUND',
]);

/** What any thrown thing comes to for the person and for the caller of the command. */
export function explainError(error: unknown): ExplainedError {
  const code = errorCode(error);
  if (error instanceof CliError) {
    return { message: error.message, exitCode: error.exitCode, code };
  }
  const message = error instanceof Error && error.message !== '' ? error.message : String(error);
  return {
    message,
    exitCode: code !== undefined && unreachable.has(code) ? ExitCode.unreachable : ExitCode.failed,
    code,
  };
}

function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'cause' in error ? errorCode(error.cause) : undefined;
}
