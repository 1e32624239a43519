import type { FormatDescription } from '../../events/index.js';
import { binlogStatement } from '../../sql/binlog-form/binlog-statement.js';
import { formatDescriptionBytes } from '../../sql/binlog-form/event-bytes.js';
import { SqlSession, type SqlConnection } from '../connection/sql-connection.js';

/** How a session is used. */
export interface ApplySessionOptions {
  /** Whether the changes get into the server's own binlog. */
  readonly logged: boolean;
  readonly queryTimeoutMs: number;
  readonly lockWaitTimeoutS: number;
  readonly signal?: AbortSignal;
}

/** Variables that are changed, and given back at the end. */
const SAVED = [
  'sql_log_bin',
  'time_zone',
  'sql_mode',
  'character_set_client',
  'character_set_connection',
  'character_set_results',
  'collation_connection',
  'innodb_lock_wait_timeout',
  'sql_select_limit',
] as const;

/**
 * A connection set up to compare rows exactly and to apply row events. Row events go through the `BINLOG` statement:
 * that writes exactly the images, fires no trigger, and lets foreign keys cascade only where the event says so.
 */
export class ApplySession {
  private constructor(
    readonly sql: SqlSession,
    readonly serverId: number,
    readonly flavor: 'mysql' | 'mariadb',
    /** Longest statement, bytes. */
    readonly statementBytesMax: number,
    private readonly restore: string,
  ) {}

  /** The format that the session was told last. */
  #format: FormatDescription | undefined;

  /** Sets a connection up; it must not be in a transaction. Throws what the server answers. */
  static async open(connection: SqlConnection, options: ApplySessionOptions): Promise<ApplySession> {
    const sql = new SqlSession(connection, options.queryTimeoutMs, options.signal);
    const [facts] = await sql.texts('SELECT @@server_id, @@version, @@max_allowed_packet, CONNECTION_ID()');
    const [saved] = await sql.texts(`SELECT ${SAVED.map((name) => `@@SESSION.${name}`).join(', ')}`);
    const restore = SAVED.map((name, i) => `${name} = ${settingLiteral(saved?.[i] ?? null)}`).join(', ');
    await sql.run('SET NAMES utf8mb4');
    await sql.run(
      `SET sql_log_bin = ${options.logged ? 1 : 0}, time_zone = '+00:00', sql_mode = 'NO_AUTO_VALUE_ON_ZERO', ` +
        `character_set_results = NULL, innodb_lock_wait_timeout = ${options.lockWaitTimeoutS}, ` +
        'sql_select_limit = 18446744073709551615',
    );
    return new ApplySession(
      sql,
      Number(facts?.[0]),
      /mariadb/i.test(facts?.[1] ?? '') ? 'mariadb' : 'mysql',
      Number(facts?.[2]),
      `SET ${restore}`,
    );
  }

  /** Gives the connection back as it was. */
  async close(): Promise<void> {
    await this.sql.run(this.restore);
  }

  /**
   * Begins a transaction that takes events of this format. `gtid`: the GTID (MySQL) that the transaction gets, also when
   * it is not logged: the server keeps it in gtid_executed, in the same commit.
   */
  async begin(format: FormatDescription, gtid?: string): Promise<void> {
    if (this.#format?.serverVersion !== format.serverVersion) {
      const description = formatDescriptionBytes(format, { serverId: this.serverId, checksum: 'none' });
      await this.sql.run(binlogStatement([description]));
      this.#format = format;
    }
    if (this.flavor === 'mysql') {
      // After a format description MySQL waits for a GTID, and refuses everything else until it is told one.
      await this.sql.run(`SET SESSION gtid_next = '${gtid ?? 'AUTOMATIC'}'`);
    }
    await this.sql.run('SET TRANSACTION ISOLATION LEVEL READ COMMITTED');
    await this.sql.run('START TRANSACTION');
  }

  async commit(): Promise<void> {
    await this.sql.run('COMMIT');
    await this.#gtidAutomatic();
  }

  /** Never throws: where it fails the connection is cut, and the server rolls back by itself. */
  async rollback(): Promise<void> {
    try {
      await this.sql.run('ROLLBACK');
      await this.#gtidAutomatic();
    } catch {
      this.sql.connection.destroy();
    }
  }

  async #gtidAutomatic(): Promise<void> {
    if (this.flavor === 'mysql') await this.sql.run("SET SESSION gtid_next = 'AUTOMATIC'");
  }
}

function settingLiteral(value: string | null): string {
  if (value === null) return 'NULL';
  return /^\d+$/.test(value) ? value : `'${value.replaceAll("'", "''")}'`;
}
