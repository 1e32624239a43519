import { formatAddress, type InstanceAddress } from '../address/instance-address.js';

/**
 * What went wrong, as a program wants to tell it apart:
 * - `CONNECT_TIMEOUT`: no TCP connection within the time (host gone, packets dropped);
 * - `UNREACHABLE`: the network said so (no route, unknown host);
 * - `REFUSED`: the host answers, nothing listens on the port (or it closed the connection before greeting);
 * - `HUNG`: TCP connected, the server did not get through its greeting and login in time;
 * - `STARTING`: the server says that it is starting or shutting down;
 * - `ACCESS_DENIED`, `TOO_MANY_CONNECTIONS`: refused by a server that is alive;
 * - `TLS`: greeted, then no agreement on TLS (no support, certificate not trusted);
 * - `QUERY_TIMEOUT`: connected, the statement was not answered in time;
 * - `LOST`: the connection ended while in use;
 * - `SQL`: the server answered with an error (`errno`, `sqlState`);
 * - `UNSUPPORTED`: this server (version, flavor, missing plugin) cannot do that;
 * - `PRECONDITION`: refused by this library because it would lose something or contradict the server's state;
 * - `READ_BACK`: a setting was written, and reading it back shows another value;
 * - `QUEUE_FULL`, `ABORTED`, `CLOSED`: the call was not made, was cancelled, or came after `close()`.
 */
export type InstanceErrorCode =
  | 'CONNECT_TIMEOUT'
  | 'UNREACHABLE'
  | 'REFUSED'
  | 'HUNG'
  | 'STARTING'
  | 'ACCESS_DENIED'
  | 'TOO_MANY_CONNECTIONS'
  | 'TLS'
  | 'QUERY_TIMEOUT'
  | 'LOST'
  | 'SQL'
  | 'UNSUPPORTED'
  | 'PRECONDITION'
  | 'READ_BACK'
  | 'QUEUE_FULL'
  | 'ABORTED'
  | 'CLOSED';

export interface InstanceErrorFacts {
  readonly code: InstanceErrorCode;
  readonly address: InstanceAddress;
  /** What was found, without the address and without any secret. */
  readonly problem: string;
  /** What a person can do about it. */
  readonly remedy: string;
  /** Which kind of statement or step it happened in, such as `stop the receiver`. */
  readonly statement?: string;
  /** Index of the failing statement among those sent together. */
  readonly statementIndex?: number;
  /** The server's error number, when it sent one. */
  readonly errno?: number;
  readonly sqlState?: string;
}

/** Every error that this package throws for a reason outside the caller's code. Holds no password. */
export class InstanceError extends Error {
  readonly code: InstanceErrorCode;
  readonly address: InstanceAddress;
  readonly problem: string;
  readonly remedy: string;
  readonly statement?: string;
  readonly statementIndex?: number;
  readonly errno?: number;
  readonly sqlState?: string;

  constructor(facts: InstanceErrorFacts) {
    const step = facts.statement === undefined ? '' : `, ${facts.statement}`;
    super(`MySQL at ${formatAddress(facts.address)}${step}: ${facts.problem}. ${facts.remedy}`);
    this.name = 'InstanceError';
    this.code = facts.code;
    this.address = facts.address;
    this.problem = facts.problem;
    this.remedy = facts.remedy;
    this.statement = facts.statement;
    this.statementIndex = facts.statementIndex;
    this.errno = facts.errno;
    this.sqlState = facts.sqlState;
  }
}

export function isInstanceError(error: unknown, code?: InstanceErrorCode): error is InstanceError {
  return error instanceof InstanceError && (code === undefined || error.code === code);
}
