import type { InstanceAddress } from '../address/instance-address.js';
import { InstanceError, type InstanceErrorCode } from './instance-error.js';

/** An error as the driver or the socket reports it; every field may be missing. */
export interface RawFailure {
  readonly message: string;
  /** Driver or system code, such as `ECONNREFUSED` or `ER_ACCESS_DENIED_ERROR`. */
  readonly code?: string;
  /** The server's error number. */
  readonly errno?: number;
  readonly sqlState?: string;
}

export interface FailureContext {
  readonly address: InstanceAddress;
  readonly user: string;
  /** How far the connection had come. */
  readonly phase: 'tcp' | 'greeting' | 'login' | 'query';
  readonly statement?: string;
  readonly statementIndex?: number;
  /** Strings that must not appear in any message. */
  readonly secrets: readonly string[];
}

/** Server error numbers (MySQL Server Error Reference, same numbers in MariaDB) that tell something about the server itself. */
const SERVER_ERRORS: Readonly<Record<number, InstanceErrorCode>> = {
  1040: 'TOO_MANY_CONNECTIONS', // ER_CON_COUNT_ERROR
  1203: 'TOO_MANY_CONNECTIONS', // ER_TOO_MANY_USER_CONNECTIONS
  1226: 'TOO_MANY_CONNECTIONS', // ER_USER_LIMIT_REACHED
  1044: 'ACCESS_DENIED', // ER_DBACCESS_DENIED_ERROR
  1045: 'ACCESS_DENIED', // ER_ACCESS_DENIED_ERROR
  1129: 'ACCESS_DENIED', // ER_HOST_IS_BLOCKED
  1130: 'ACCESS_DENIED', // ER_HOST_NOT_PRIVILEGED
  1227: 'ACCESS_DENIED', // ER_SPECIFIC_ACCESS_DENIED_ERROR
  1251: 'ACCESS_DENIED', // ER_NOT_SUPPORTED_AUTH_MODE
  1524: 'ACCESS_DENIED', // ER_PLUGIN_IS_NOT_LOADED (authentication plugin)
  1698: 'ACCESS_DENIED', // ER_ACCESS_DENIED_NO_PASSWORD_ERROR
  1820: 'ACCESS_DENIED', // ER_MUST_CHANGE_PASSWORD
  1862: 'ACCESS_DENIED', // ER_MUST_CHANGE_PASSWORD_LOGIN
  3118: 'ACCESS_DENIED', // ER_ACCOUNT_HAS_BEEN_LOCKED
  3159: 'ACCESS_DENIED', // ER_SECURE_TRANSPORT_REQUIRED
  3955: 'ACCESS_DENIED', // ER_USER_ACCESS_DENIED_FOR_USER_ACCOUNT_BLOCKED_BY_PASSWORD_LOCK
  4151: 'ACCESS_DENIED', // ER_ACCOUNT_HAS_BEEN_LOCKED (MariaDB)
  1053: 'STARTING', // ER_SERVER_SHUTDOWN
  3168: 'STARTING', // ER_SERVER_ISNT_AVAILABLE
};

const SYSTEM_ERRORS: Readonly<Record<string, InstanceErrorCode>> = {
  ECONNREFUSED: 'REFUSED',
  EHOSTUNREACH: 'UNREACHABLE',
  ENETUNREACH: 'UNREACHABLE',
  EHOSTDOWN: 'UNREACHABLE',
  ENETDOWN: 'UNREACHABLE',
  EADDRNOTAVAIL: 'UNREACHABLE',
  ENOTFOUND: 'UNREACHABLE',
  EAI_AGAIN: 'UNREACHABLE',
  EAI_FAIL: 'UNREACHABLE',
  EACCES: 'UNREACHABLE',
  EPERM: 'UNREACHABLE',
  ETIMEDOUT: 'CONNECT_TIMEOUT',
};

/** What the driver reports when TLS was asked for and could not be had. */
const TLS_FAILURES: ReadonlySet<string> = new Set(['HANDSHAKE_NO_SSL_SUPPORT', 'HANDSHAKE_SSL_ERROR']);

const REMEDIES: Readonly<Record<InstanceErrorCode, string>> = {
  CONNECT_TIMEOUT: 'Check that the host is up and that no firewall drops packets to the port',
  UNREACHABLE: 'Check the host name, the route and the network of this machine',
  REFUSED: 'Check that mysqld runs and listens on this address and port',
  HUNG: 'The process or its storage may be stalled: look at the host',
  STARTING: 'Wait until the server has started',
  ACCESS_DENIED: 'Check user, password, host and privileges of the account that dcmha uses',
  TOO_MANY_CONNECTIONS: 'The server is alive: raise max_connections or end idle sessions',
  TLS: 'Check the certificates of the server, the ca option, and whether the server has TLS',
  QUERY_TIMEOUT: 'The server may be stalled or the statement blocked: look at SHOW PROCESSLIST',
  LOST: 'Check whether the server was stopped or the session killed',
  SQL: 'See the error number in the manual of the server',
  UNSUPPORTED: 'Use a version that can, or change the configuration',
  PRECONDITION: 'Bring the server to the expected state first',
  READ_BACK: 'Look at what else changes this server',
  QUEUE_FULL: 'Wait for running calls before making more',
  ABORTED: 'The caller cancelled it',
  CLOSED: 'Make a new MysqlInstance',
};

export function remedyFor(code: InstanceErrorCode): string {
  return `${REMEDIES[code]}.`;
}

/** Turns what the driver or the socket reported into an `InstanceError`. Pure. */
export function describeFailure(failure: RawFailure, context: FailureContext): InstanceError {
  const code = classify(failure, context.phase);
  return new InstanceError({
    code,
    address: context.address,
    problem: problemText(code, failure, context),
    remedy: remedyFor(code),
    statement: context.statement,
    statementIndex: context.statementIndex,
    errno: failure.errno,
    sqlState: failure.sqlState,
  });
}

/** Replaces every secret of at least one character by `***`. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret !== '') clean = clean.split(secret).join('***');
  }
  return clean;
}

function classify(failure: RawFailure, phase: FailureContext['phase']): InstanceErrorCode {
  if (failure.errno !== undefined && failure.errno > 0 && failure.sqlState !== undefined) {
    return SERVER_ERRORS[failure.errno] ?? 'SQL';
  }
  if (failure.errno !== undefined && failure.errno > 0 && SERVER_ERRORS[failure.errno] !== undefined) {
    return SERVER_ERRORS[failure.errno] ?? 'SQL';
  }
  if (TLS_FAILURES.has(failure.code ?? '')) return 'TLS';
  if (phase === 'tcp') return SYSTEM_ERRORS[failure.code ?? ''] ?? 'UNREACHABLE';
  // A socket that was accepted and closed before any greeting: the kernel of a dying process, or a proxy without backend.
  if (phase === 'greeting') return 'REFUSED';
  if (failure.errno !== undefined && failure.errno > 0) return 'SQL';
  return 'LOST';
}

function problemText(code: InstanceErrorCode, failure: RawFailure, context: FailureContext): string {
  const message = redact(failure.message, context.secrets).replace(/\s*\.\s*$/, '');
  switch (code) {
    case 'REFUSED':
      return context.phase === 'greeting'
        ? `the connection was accepted and closed before the server greeted (${message})`
        : 'connection refused';
    case 'ACCESS_DENIED':
      return `access denied for user '${context.user}' (error ${failure.errno ?? 0}: ${message})`;
    case 'TOO_MANY_CONNECTIONS':
      return `no connection free (error ${failure.errno ?? 0}: ${message})`;
    case 'SQL':
    case 'STARTING':
      return `error ${failure.errno ?? 0} (${failure.sqlState ?? '-'}): ${message}`;
    case 'LOST':
      return `connection lost (${message})`;
    default:
      return message === '' ? code : message;
  }
}
