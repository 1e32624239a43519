import type { ConnectionOptions } from '../connection/connection-options.js';
import { SqlConnection } from '../connection/sql-connection.js';
import { statement } from '../connection/statement.js';
import type { Deadline } from '../deadline/deadline.js';
import { chooseDialect } from '../dialect/choose-dialect.js';
import type { Dialect } from '../dialect/dialect.js';
import { parseVersion } from '../dialect/version.js';
import { InstanceError } from '../errors/instance-error.js';
import { findSemisync, type InstalledSemisync } from '../status/parse-semisync.js';
import { nameValueMap } from '../status/parse-values.js';

/** A logged-in session whose server is known. */
export interface ReadySession {
  readonly connection: SqlConnection;
  readonly dialect: Dialect;
  /** Semi-sync as it was named when the session began; `status()` looks again. */
  semisync: InstalledSemisync | undefined;
}

/** The one connection that an instance keeps: made when first needed, made again after it was lost. */
export class HeldSession {
  readonly #options: ConnectionOptions;
  readonly #connectTimeoutMs: number;
  readonly #onLost: (error: InstanceError) => void;
  #ready: ReadySession | undefined;
  #opening: SqlConnection | undefined;

  constructor(options: ConnectionOptions, connectTimeoutMs: number, onLost: (error: InstanceError) => void) {
    this.#options = options;
    this.#connectTimeoutMs = connectTimeoutMs;
    this.#onLost = onLost;
  }

  /** The session if it is there now, without connecting. */
  get current(): ReadySession | undefined {
    return this.#ready?.connection.usable === true ? this.#ready : undefined;
  }

  /** @throws InstanceError when the server cannot be reached or is too old (`UNSUPPORTED`) */
  async ensure(deadline: Deadline): Promise<ReadySession> {
    const current = this.current;
    if (current !== undefined) return current;
    try {
      const connection = await SqlConnection.open(this.#options, deadline.within(this.#connectTimeoutMs), {
        onCreated: (created) => {
          this.#opening = created;
        },
        onLost: this.#onLost,
      });
      this.#ready = await this.#greet(connection, deadline);
      return this.#ready;
    } catch (error) {
      this.#opening?.destroy();
      throw error;
    } finally {
      this.#opening = undefined;
    }
  }

  /** Ends the connection politely; the next `ensure` makes a new one. */
  end(): void {
    this.#opening?.destroy();
    this.#ready?.connection.end();
    this.#ready = undefined;
  }

  async #greet(connection: SqlConnection, deadline: Deadline): Promise<ReadySession> {
    const [versionSet] = await connection.run(
      [statement('read version', 'SELECT VERSION() AS version, @@GLOBAL.version_comment AS comment')],
      deadline,
    );
    const text = versionSet?.rows[0]?.['version'] ?? '';
    const version = parseVersion(text, versionSet?.rows[0]?.['comment'] ?? '');
    const dialect = chooseDialect(version);
    if (dialect === undefined) {
      throw new InstanceError({
        code: 'UNSUPPORTED',
        address: this.#options.address,
        problem: `version ${text} is older than this program speaks`,
        remedy: 'Use MySQL 5.7.8 or newer, or MariaDB 10.5 or newer.',
      });
    }
    const [, variables] = await connection.run(
      [
        statement('set up session', dialect.statements.sessionInit),
        statement('find semi-sync', "SHOW GLOBAL VARIABLES LIKE 'rpl\\_semi\\_sync\\_%'"),
      ],
      deadline,
    );
    const semisync = findSemisync(dialect.variables.semisync, nameValueMap(variables?.rows ?? []));
    return { connection, dialect, semisync };
  }
}
