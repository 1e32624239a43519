import type { ZooKeeperErrorCode } from './api.js';

/** Any failure of a ZooKeeper call. */
export class ZooKeeperError extends Error {
  override readonly name: string = 'ZooKeeperError';
  readonly code: ZooKeeperErrorCode;
  readonly path: string | undefined;
  /** True when the call was a write that the server may have carried out although no answer came. */
  readonly maybeApplied: boolean;

  constructor(
    code: ZooKeeperErrorCode,
    message: string,
    facts: { path?: string | undefined; maybeApplied?: boolean; cause?: unknown } = {},
  ) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.path = facts.path;
    this.maybeApplied = facts.maybeApplied ?? false;
  }
}

/** A multi that was refused: nothing of it happened. `code` is that of the operation at `index`. */
export class MultiError extends ZooKeeperError {
  override readonly name = 'MultiError';
  readonly index: number;

  constructor(
    code: ZooKeeperErrorCode,
    message: string,
    facts: { path?: string | undefined; index: number },
  ) {
    super(code, message, { path: facts.path });
    this.index = facts.index;
  }
}

export function isZooKeeperError(error: unknown, code?: ZooKeeperErrorCode): error is ZooKeeperError {
  return error instanceof ZooKeeperError && (code === undefined || error.code === code);
}
