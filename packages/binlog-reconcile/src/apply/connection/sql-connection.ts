/**
 * What this package needs of a MySQL connection: `mysql2/promise`'s `Connection` fits. One session, used by nobody else
 * meanwhile.
 */
export interface SqlConnection {
  query(options: QueryOptions): Promise<[rows: unknown, fields: unknown]>;
  /** Cuts the connection at once. */
  destroy(): void;
}

/** The options of mysql2's `query` that are used. */
export interface QueryOptions {
  readonly sql: string;
  readonly rowsAsArray?: boolean;
  readonly typeCast?: (field: { buffer(): Buffer | null }, next: () => unknown) => unknown;
}

/** The server did not answer in time; the connection was cut, so that nothing later reads the late answer. */
export class QueryTimeoutError extends Error {
  override readonly name = 'QueryTimeoutError';

  constructor(
    readonly timeoutMs: number,
    /** The first characters of the statement. */
    readonly statement: string,
  ) {
    super(`No answer within ${timeoutMs} ms to ${statement}; the connection was closed`);
  }
}

/** An error that the server answered with, as mysql2 throws it. */
export interface ServerError extends Error {
  readonly errno: number;
  readonly sqlState?: string;
}

/** Whether this is an answer of the server (and the connection lives). */
export function isServerError(error: unknown): error is ServerError {
  return (
    error instanceof Error && typeof (error as { errno?: unknown }).errno === 'number' && 'sqlState' in error
  );
}

/** One cell of a result as bytes in the encoding of the column; null for NULL. */
export type Cell = Buffer | null;

/** Sends statements one after another, each with a deadline. */
export class SqlSession {
  constructor(
    readonly connection: SqlConnection,
    /** Longest wait for one answer. */
    readonly queryTimeoutMs: number,
    readonly signal?: AbortSignal,
  ) {}

  /** Rows as arrays of bytes. Throws what the server answers, {@link QueryTimeoutError}, the signal's reason. */
  async rows(sql: string): Promise<Cell[][]> {
    const [rows] = await this.#send({ sql, rowsAsArray: true, typeCast: (field) => field.buffer() });
    return Array.isArray(rows) ? (rows as Cell[][]) : [];
  }

  /** Rows as arrays of text. */
  async texts(sql: string): Promise<(string | null)[][]> {
    return (await this.rows(sql)).map((row) =>
      row.map((cell) => (cell === null ? null : cell.toString('utf8'))),
    );
  }

  /** A statement without rows. */
  async run(sql: string): Promise<void> {
    await this.#send({ sql });
  }

  /** A statement that this server may not know; false if it does not (errors 1193 and 1064). */
  async runIfKnown(sql: string): Promise<boolean> {
    try {
      await this.run(sql);
      return true;
    } catch (error) {
      if (isServerError(error) && (error.errno === 1193 || error.errno === 1064)) return false;
      throw error;
    }
  }

  async #send(options: QueryOptions): Promise<[rows: unknown, fields: unknown]> {
    this.signal?.throwIfAborted();
    // mysql2 has timeouts, but leaves the connection busy after one; and it may never settle once destroyed.
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        cleanUp();
        this.connection.destroy();
        reject(error);
      };
      const timer = setTimeout(
        () => fail(new QueryTimeoutError(this.queryTimeoutMs, options.sql.slice(0, 60))),
        this.queryTimeoutMs,
      );
      const aborted = () => fail(asError(this.signal?.reason));
      const cleanUp = () => {
        clearTimeout(timer);
        this.signal?.removeEventListener('abort', aborted);
      };
      this.signal?.addEventListener('abort', aborted, { once: true });
      this.connection.query(options).then(
        (result) => {
          cleanUp();
          resolve(result);
        },
        (error: unknown) => {
          cleanUp();
          reject(asError(error));
        },
      );
    });
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
