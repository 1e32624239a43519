import { connect as connectTcp, type Socket } from 'node:net';
import { createConnection, type Connection } from 'mysql2';
import { describeFailure, remedyFor, type RawFailure } from '../errors/describe-failure.js';
import { InstanceError, type InstanceErrorCode } from '../errors/instance-error.js';
import type { Deadline } from '../deadline/deadline.js';
import type { ConnectionOptions } from './connection-options.js';
import type { ResultSet, Row, Statement } from './statement.js';

type Phase = 'tcp' | 'greeting' | 'login' | 'query';

/** The events of a mysql2 command used without callback; its types leave out that rows and headers come separately. */
interface CommandEvents {
  on(event: 'fields', listener: (fields: unknown) => void): this;
  on(event: 'result', listener: (row: unknown) => void): this;
  on(event: 'error', listener: (error: unknown) => void): this;
  on(event: 'end', listener: () => void): this;
}

/** What the owner of a connection wants to be told. */
export interface ConnectionHooks {
  /** Called at once, before the connection is usable: its owner can destroy it from then on. */
  readonly onCreated?: (connection: SqlConnection) => void;
  /** Called once when an open connection ends for another reason than `end()` or `destroy()`. */
  readonly onLost?: (error: InstanceError) => void;
}

interface Pending {
  readonly fail: (error: InstanceError) => void;
  readonly statement?: string;
}

/**
 * One session on one server. The socket is ours, not the driver's: a statement that is not answered by its deadline ends
 * with an error and the socket is destroyed at once, whatever state the server is in. Statements are not queued here.
 */
export class SqlConnection {
  readonly #options: ConnectionOptions;
  readonly #socket: Socket;
  readonly #driver: Connection;
  readonly #onLost: (error: InstanceError) => void;
  #phase: Phase = 'tcp';
  #pending: Pending | undefined;
  #failure: InstanceError | undefined;
  #closing = false;

  private constructor(options: ConnectionOptions, onLost: (error: InstanceError) => void) {
    this.#options = options;
    this.#onLost = onLost;
    const { address, user, password, tls, attributes } = options;
    this.#socket = connectTcp({ host: address.host, port: address.port, noDelay: true, keepAlive: true });
    this.#socket.once('connect', () => {
      if (this.#phase === 'tcp') this.#phase = 'greeting';
    });
    this.#socket.once('data', () => {
      if (this.#phase === 'greeting') this.#phase = 'login';
    });
    this.#driver = createConnection({
      stream: this.#socket,
      host: address.host,
      port: address.port,
      user,
      password,
      connectTimeout: 0,
      multipleStatements: true,
      trace: false,
      charset: 'utf8mb4',
      typeCast: (field) => field.string(),
      connectAttributes: { ...attributes },
      ...(tls === undefined ? {} : { ssl: driverTls(tls) }),
    });
    this.#driver.on('error', (error: unknown) => this.#lost(error));
    this.#socket.once('close', () => this.#lost({ message: 'the server closed the connection' }));
  }

  /** @throws InstanceError within the deadline, also against a server that accepts and never greets (`HUNG`) */
  static open(
    options: ConnectionOptions,
    deadline: Deadline,
    hooks: ConnectionHooks = {},
  ): Promise<SqlConnection> {
    let opened = false;
    const connection = new SqlConnection(options, (error) => {
      if (opened) hooks.onLost?.(error);
    });
    hooks.onCreated?.(connection);
    return connection
      .#within<void>(deadline, 'log in', (done) => {
        connection.#driver.once('connect', () => done());
      })
      .then(
        () => {
          opened = true;
          connection.#phase = 'query';
          return connection;
        },
        (error: unknown) => {
          connection.destroy();
          throw error;
        },
      );
  }

  /** The server's id of this session. */
  get threadId(): number {
    return this.#driver.threadId;
  }

  /** False once the connection is lost, ended or destroyed. */
  get usable(): boolean {
    return this.#failure === undefined && !this.#closing;
  }

  /**
   * Sends the statements in one packet and returns one result set for each.
   * @throws InstanceError by the deadline; after `QUERY_TIMEOUT`, `ABORTED` or `LOST` the connection is unusable
   */
  run(statements: readonly Statement[], deadline: Deadline): Promise<readonly ResultSet[]> {
    const kind = statements.length === 1 ? (statements[0]?.kind ?? '') : '';
    return this.#within<readonly ResultSet[]>(deadline, kind || firstKinds(statements), (done, fail) => {
      const sets: { rows: Row[]; affectedRows: number; hasFields: boolean }[] = [];
      let failed = false;
      const query = this.#driver.query(
        statements.map((one) => one.sql).join(';\n'),
      ) as unknown as CommandEvents;
      query
        .on('fields', (fields) => sets.push({ rows: [], affectedRows: 0, hasFields: fields !== undefined }))
        .on('result', (row) => {
          const set = sets.at(-1);
          if (set === undefined) return;
          if (set.hasFields) set.rows.push(row as Row);
          else set.affectedRows = Number((row as { affectedRows?: number }).affectedRows ?? 0);
        })
        .on('error', (error) => {
          failed = true;
          // An error can come instead of a result, or after the columns of one that has no rows yet.
          const last = sets.at(-1);
          const index = last?.hasFields === true && last.rows.length === 0 ? sets.length - 1 : sets.length;
          fail(error, index, statements[index] ?? statements[0]);
        })
        .on('end', () => {
          if (!failed) done(sets.map(({ rows, affectedRows }) => ({ rows, affectedRows })));
        });
    });
  }

  /** COM_PING: the cheapest question there is. */
  async ping(deadline: Deadline): Promise<void> {
    await this.#within<void>(deadline, 'ping', (done, fail) => {
      this.#driver.ping((error) => (error ? fail(error) : done()));
    });
  }

  /** Says goodbye to the server and closes the socket without waiting for an answer. */
  end(): void {
    if (this.usable && this.#pending === undefined) {
      this.#closing = true;
      this.#driver.end();
      this.#socket.destroySoon();
    } else {
      this.destroy();
    }
  }

  /** Closes the socket at once; a running statement fails with `CLOSED`. The server may go on with it. */
  destroy(): void {
    this.#closing = true;
    this.#socket.destroy();
    this.#pending?.fail(
      this.#error('CLOSED', 'the connection was closed by this program', this.#pending.statement),
    );
  }

  #within<T>(
    deadline: Deadline,
    kind: string,
    begin: (
      done: (value: T) => void,
      fail: (failure: unknown, statementIndex?: number, statement?: Statement) => void,
    ) => void,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      if (this.#closing) return reject(this.#error('CLOSED', 'the connection is closed', kind));
      if (this.#pending !== undefined) {
        return reject(this.#error('PRECONDITION', 'another statement is running on this connection', kind));
      }
      const leave = (): void => {
        clearTimeout(timer);
        deadline.signal?.removeEventListener('abort', onAbort);
        this.#pending = undefined;
      };
      const settle = (error: InstanceError): void => {
        leave();
        reject(error);
      };
      const abandon = (error: InstanceError): void => {
        this.#closing = true;
        settle(error);
        this.#socket.destroy();
      };
      const onAbort = (): void => abandon(this.#error('ABORTED', 'cancelled by the caller', kind));
      const timer = setTimeout(() => {
        // If this program itself was held up (paused, busy), the answer may be there already, unread: read first.
        setImmediate(() => {
          if (this.#pending === pending) abandon(this.#timedOut(kind, deadline.timeoutMs));
        });
      }, deadline.remainingMs());
      const pending: Pending = { fail: settle, statement: kind };
      this.#pending = pending;
      if (deadline.signal?.aborted) return onAbort();
      deadline.signal?.addEventListener('abort', onAbort, { once: true });
      begin(
        (value) => {
          if (this.#pending !== pending) return;
          leave();
          resolve(value);
        },
        (failure, statementIndex, failing) => {
          if (this.#pending !== pending) return;
          settle(this.#describe(failure, failing?.kind ?? kind, statementIndex, failing?.secrets));
        },
      );
    });
  }

  #lost(failure: unknown): void {
    if (this.#failure !== undefined || this.#closing) return;
    const pending = this.#pending;
    const error = this.#describe(failure, pending?.statement);
    this.#failure = error;
    this.#socket.destroy();
    pending?.fail(error);
    this.#onLost(error);
  }

  #timedOut(kind: string, timeoutMs: number): InstanceError {
    switch (this.#phase) {
      case 'tcp':
        return this.#error('CONNECT_TIMEOUT', `no TCP connection within ${timeoutMs.toFixed(0)} ms`, kind);
      case 'greeting':
        return this.#error('HUNG', `TCP connected, but no greeting within ${timeoutMs.toFixed(0)} ms`, kind);
      case 'login':
        return this.#error(
          'HUNG',
          `greeted, but the login was not finished within ${timeoutMs.toFixed(0)} ms`,
          kind,
        );
      case 'query':
        return this.#error('QUERY_TIMEOUT', `no answer within ${timeoutMs.toFixed(0)} ms`, kind);
    }
  }

  #error(code: InstanceErrorCode, problem: string, statement?: string): InstanceError {
    return new InstanceError({
      code,
      address: this.#options.address,
      problem,
      remedy: remedyFor(code),
      statement: statement === '' ? undefined : statement,
    });
  }

  #describe(
    failure: unknown,
    statement?: string,
    statementIndex?: number,
    secrets: readonly string[] = [],
  ): InstanceError {
    return describeFailure(rawFailure(failure), {
      address: this.#options.address,
      user: this.#options.user,
      phase: this.#phase,
      statement: statement === '' ? undefined : statement,
      statementIndex,
      secrets: [this.#options.password, ...secrets],
    });
  }
}

function firstKinds(statements: readonly Statement[]): string {
  const kinds = [...new Set(statements.map((one) => one.kind))];
  return kinds.length <= 3
    ? kinds.join(' + ')
    : `${kinds.slice(0, 3).join(' + ')} + ${kinds.length - 3} more`;
}

function driverTls(tls: NonNullable<ConnectionOptions['tls']>): {
  ca?: string;
  cert?: string | Buffer;
  key?: string | Buffer;
  rejectUnauthorized: boolean;
  verifyIdentity: boolean;
} {
  return {
    ...(tls.ca === undefined ? {} : { ca: tls.ca.toString() }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert.toString() }),
    ...(tls.key === undefined ? {} : { key: tls.key.toString() }),
    rejectUnauthorized: tls.rejectUnauthorized ?? true,
    verifyIdentity: tls.verifyIdentity ?? false,
  };
}

function rawFailure(failure: unknown): RawFailure {
  if (typeof failure !== 'object' || failure === null) return { message: String(failure) };
  const fields = failure as Record<string, unknown>;
  return {
    message: typeof fields['message'] === 'string' ? fields['message'] : 'unknown failure',
    ...(typeof fields['code'] === 'string' ? { code: fields['code'] } : {}),
    ...(typeof fields['errno'] === 'number' ? { errno: fields['errno'] } : {}),
    ...(typeof fields['sqlState'] === 'string' && fields['sqlState'] !== ''
      ? { sqlState: fields['sqlState'] }
      : {}),
  };
}
