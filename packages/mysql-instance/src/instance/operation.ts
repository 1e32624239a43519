import type { InstanceAddress } from '../address/instance-address.js';
import type { SqlRunner } from '../connection/statement.js';
import type { Deadline } from '../deadline/deadline.js';
import type { Dialect } from '../dialect/dialect.js';
import type { InstalledSemisync } from '../status/parse-semisync.js';
import { InstanceError, type InstanceErrorCode } from '../errors/instance-error.js';

/** A second, short-lived session beside the held one. */
export interface HelperSession extends SqlRunner {
  end(): void;
}

/**
 * What one operation works with. Everything that touches the server goes through it, so that operations are tested with
 * a server made of a function.
 */
export interface Operation {
  readonly address: InstanceAddress;
  /** The account of ours. */
  readonly user: string;
  readonly dialect: Dialect;
  /** Undefined: the server has no semi-sync. */
  readonly semisync: InstalledSemisync | undefined;
  readonly session: SqlRunner;
  readonly deadline: Deadline;
  /** @throws InstanceError when no second connection can be had */
  openHelper(): Promise<HelperSession>;
}

export function refusal(
  op: Pick<Operation, 'address'>,
  code: InstanceErrorCode,
  statement: string,
  problem: string,
  remedy: string,
): InstanceError {
  return new InstanceError({ code, address: op.address, statement, problem, remedy });
}
