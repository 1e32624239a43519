import { createConnection, type Connection } from 'mysql2';

export interface ClientTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/**
 * One connection of an application. Every call settles within its deadline: mysql2 leaves the promise of a query
 * unsettled when its connection is destroyed, so the deadline here is a timer of our own. After any failure the
 * connection is of no use any more.
 */
export class Client {
  readonly #connection: Connection;
  #abort: ((error: Error) => void) | undefined;
  #failure: Error | undefined;

  private constructor(connection: Connection) {
    this.#connection = connection;
    connection.on('error', (error: Error) => this.#fail(error));
    connection.on('end', () => this.#fail(new Error('the connection was closed')));
  }

  static async connect(target: ClientTarget, timeoutMs: number): Promise<Client> {
    const client = new Client(createConnection({ ...target, connectTimeout: timeoutMs }));
    await client.#within(timeoutMs, (done, failed) => {
      client.#connection.connect((error) => (error ? failed(error) : done(undefined)));
    });
    return client;
  }

  query<T = unknown>(sql: string, timeoutMs: number): Promise<T> {
    return this.#within<T>(timeoutMs, (done, failed) => {
      this.#connection.query(sql, (error, result) => (error ? failed(error) : done(result as T)));
    });
  }

  destroy(): void {
    this.#fail(new Error('the connection was closed by its owner'));
  }

  #within<T>(
    timeoutMs: number,
    work: (done: (value: T) => void, failed: (error: Error) => void) => void,
  ): Promise<T> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise<T>((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#abort = undefined;
      };
      const timer = setTimeout(() => this.#fail(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
      this.#abort = (error) => {
        settle();
        reject(error);
      };
      work(
        (value) => {
          settle();
          resolve(value);
        },
        (error) => {
          settle();
          this.#fail(error);
          reject(error);
        },
      );
    });
  }

  #fail(error: Error): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#connection.destroy();
    this.#abort?.(error);
  }
}
