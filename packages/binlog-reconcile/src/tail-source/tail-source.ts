import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { BinlogInventory } from './inventory/binlog-inventory.js';
import type { TornTail } from './inventory/file-scan.js';
import { errPayload, framed } from './protocol/packets.js';
import { sqlErrors } from './protocol/sql-error.js';
import { TailSourceError } from './errors.js';
import { Session } from './session/session.js';
import type { ServerVariables } from './session/questions.js';
import {
  defaultLimits,
  type TailSourceLimits,
  type TailSourceOptions,
  type TailSourceStatus,
} from './tail-source-options.js';

/**
 * Serves the binlog files of a server that is dead as a replication source: a replica fetches from it what it lacks, with
 * an ordinary `CHANGE REPLICATION SOURCE TO ... SOURCE_AUTO_POSITION = 1`, and gets the original GTIDs. Only whole
 * transactions are served; files are only read.
 *
 * A transaction that is whole in the binlog is committed, also where the storage engine would have to recover it: the
 * server decides so itself when it starts again.
 *
 * ```ts
 * const source = await TailSource.open({
 *   index: '/var/lib/mysql/binlog.index',
 *   host: '10.0.1.11',
 *   user: 'tail',
 *   password: 'made for this one time',
 *   serverUuid: '3e11fa47-71ca-11e1-9e33-c80aa9429562',
 * });
 * console.log(source.port, source.gtidExecuted, source.torn?.why);
 * await source.close();
 * ```
 */
export class TailSource {
  readonly #server: Server;
  readonly #inventory: BinlogInventory;
  readonly #options: TailSourceOptions;
  readonly #limits: TailSourceLimits;
  readonly #secureContext: SecureContext | null;
  readonly #variables: ServerVariables;
  readonly #sessions = new Map<Session, Promise<void>>();
  #connectionsTaken = 0;
  #unusedSinceMs: number | null = performance.now();
  #goneTransactions = 0;
  #goneBytes = 0;

  private constructor(inventory: BinlogInventory, options: TailSourceOptions) {
    this.#inventory = inventory;
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#secureContext = options.tls === undefined ? null : createSecureContext(options.tls);
    this.#variables = variablesOf(inventory, options);
    this.#server = createServer({ keepAlive: true, noDelay: true }, (socket) => this.#take(socket));
    this.#server.maxConnections = this.#limits.connections * 2;
  }

  /**
   * Reads what the files hold, then listens.
   * @throws TailSourceError, BinlogIndexError, EncryptedBinlogError, NotABinlogError, BinlogCorruptError,
   *   GtidParseError; Error of the system when it cannot listen or a certificate is wrong
   */
  static async open(options: TailSourceOptions): Promise<TailSource> {
    if (options.user === '' || options.password === '') {
      throw new TailSourceError('a tail source needs a user and a password: its transactions are data');
    }
    const inventory = await BinlogInventory.read(options.index, {
      ...(options.knownPurged === undefined ? {} : { knownPurged: options.knownPurged }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    if (inventory.flavor === 'mysql' && options.serverUuid === undefined) {
      throw new TailSourceError('serverUuid is missing: a replica asks its source for it (see auto.cnf)');
    }
    const source = new TailSource(inventory, options);
    await source.#listen();
    return source;
  }

  /** The port that replicas connect to. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get host(): string {
    return this.#options.host;
  }

  get tls(): boolean {
    return this.#secureContext !== null;
  }

  get flavor(): 'mysql' | 'mariadb' {
    return this.#inventory.flavor;
  }

  /** Everything that the dead server had committed, purged transactions included. */
  get gtidExecuted(): string {
    return this.#inventory.executed.toString();
  }

  /** What is in no file any more: a replica that lacks one of these is refused. */
  get gtidPurged(): string {
    return this.#inventory.purged.toString();
  }

  /** Base names of the first and the last file. */
  get files(): { readonly first: string; readonly last: string } {
    return { first: this.#inventory.firstFile, last: this.#inventory.lastFile };
  }

  /** The transaction that the server was writing when it died; it does not exist and is not served. */
  get torn(): TornTail | null {
    return this.#inventory.torn;
  }

  /** The same for people, also about a file that the server was making; `null` when nothing was cut off. */
  get tornText(): string | null {
    return this.#inventory.tornText;
  }

  status(): TailSourceStatus {
    const sessions = [...this.#sessions.keys()];
    return {
      replicas: sessions.map((session) => session.describe()),
      transactionsSent: sessions.reduce(
        (sum, session) => sum + session.transactionsSent,
        this.#goneTransactions,
      ),
      bytesSent: sessions.reduce((sum, session) => sum + session.bytesSent, this.#goneBytes),
      connectionsTaken: this.#connectionsTaken,
      unusedMs: this.#unusedSinceMs === null ? null : performance.now() - this.#unusedSinceMs,
    };
  }

  /** Ends every connection; resolves when all are gone. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const session of this.#sessions.keys()) session.close('the tail source ends');
    await Promise.all(this.#sessions.values());
    await closed;
  }

  async #listen(): Promise<void> {
    const { host, port = 0 } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
  }

  #take(socket: Socket): void {
    if (this.#sessions.size >= this.#limits.connections) {
      socket.on('error', () => undefined);
      socket.end(framed(errPayload(sqlErrors.tooManyConnections(this.#limits.connections)), 0).bytes);
      socket.destroySoon();
      return;
    }
    const { user, password, tls, allowPlain = tls === undefined, onEvent = () => undefined } = this.#options;
    const session = new Session(socket, {
      inventory: this.#inventory,
      variables: this.#variables,
      user,
      password,
      secureContext: this.#secureContext,
      allowPlain,
      limits: this.#limits,
      connectionId: ++this.#connectionsTaken,
      onEvent,
      takesOver: (taker) => this.#endOthersOf(taker),
    });
    this.#unusedSinceMs = null;
    const running = session.run().then(() => {
      this.#sessions.delete(session);
      this.#goneTransactions += session.transactionsSent;
      this.#goneBytes += session.bytesSent;
      if (this.#sessions.size === 0) this.#unusedSinceMs = performance.now();
    });
    this.#sessions.set(session, running);
  }

  /** A replica that connects again has given its earlier connection up. */
  #endOthersOf(taker: Session): void {
    if (taker.serverUuid === null) return;
    for (const session of this.#sessions.keys()) {
      if (session !== taker && session.serverUuid === taker.serverUuid) {
        session.close('the replica connected again');
      }
    }
  }
}

function variablesOf(inventory: BinlogInventory, { serverUuid }: TailSourceOptions): ServerVariables {
  const variables = new Map<string, string>([
    ['server_id', String(inventory.serverId)],
    ['version', inventory.serverVersion],
    ['binlog_checksum', inventory.checksum === 'crc32' ? 'CRC32' : 'NONE'],
    ['binlog_format', 'ROW'],
    ['log_bin', '1'],
    ['read_only', '1'],
    ['super_read_only', '1'],
    ['time_zone', 'SYSTEM'],
    ['system_time_zone', 'UTC'],
    ['collation_server', 'utf8mb4_0900_ai_ci'],
    ['character_set_server', 'utf8mb4'],
    ['max_allowed_packet', '1073741824'],
  ]);
  if (inventory.flavor === 'mysql') {
    variables.set('gtid_mode', 'ON');
    variables.set('enforce_gtid_consistency', 'ON');
    variables.set('gtid_executed', inventory.executed.toString());
    variables.set('gtid_purged', inventory.purged.toString());
    variables.set('server_uuid', serverUuid ?? '');
  } else {
    variables.set('gtid_domain_id', '0');
    variables.set('gtid_binlog_pos', inventory.executed.toString());
  }
  return variables;
}
