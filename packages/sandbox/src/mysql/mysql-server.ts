import { createConnection, type Connection, type ConnectionOptions } from 'mysql2/promise';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BadOptionError, DiskFullError, PortTakenError, ServerDiedError } from '../errors/index.js';
import type { DatabaseInstallation } from '../install/server-program.js';
import { isPortFree } from '../net/free-port.js';
import { requireDiskSpace } from '../process/disk-space.js';
import { logTail } from '../process/log-tail.js';
import { run } from '../process/run.js';
import { ManagedServer, type ManagedServerContext } from '../process/managed-server.js';
import type { ProcessSpec } from '../process/owned-process.js';
import { accounts, appDatabase, type Account } from './accounts.js';
import { ensureTemplate, runAsRoot } from './ensure-template.js';
import { defaultOptions, mergeOptions, optionArgs, type ServerOptions } from './server-options.js';

export type Flavor = 'mysql' | 'mariadb';

export interface MysqlServerOptions {
  /** Default `mysql`. */
  readonly flavor?: Flavor;
  /** `server_id`, 1 or more, unique in a replication topology. */
  readonly serverId: number;
  /** A loopback address; default `127.0.0.1`. */
  readonly host?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Options for the server's command line, over the defaults of the sandbox. */
  readonly options?: ServerOptions;
  /** Deadline for becoming ready, default 60 000. */
  readonly readyTimeoutMs?: number;
}

/** What describes a server across processes. */
export interface MysqlServerDescription {
  readonly flavor: Flavor;
  readonly serverId: number;
  readonly host: string;
  readonly port: number;
  readonly folder: string;
  readonly options: ServerOptions;
}

const diskMarginBytes = 300 * 2 ** 20;
const probeTimeoutMs = 3_000;
const defaultReadyTimeoutMs = 60_000;
/** Path of a Unix socket: sun_path of sockaddr_un (unix(7)) has 108 bytes, one of them for the end. */
const socketPathBytesMax = 107;

/** One mysqld or mariadbd on loopback, with the accounts of `accounts` and an empty database `app`. */
export class MysqlServer extends ManagedServer {
  readonly flavor: Flavor;
  readonly serverId: number;
  readonly host: string;
  readonly port: number;
  /** The server's version, for example `9.7.4`. */
  readonly version: string;
  readonly dataDir: string;
  readonly socketPath: string;
  readonly pidFile: string;
  /** All privileges. */
  readonly admin: Account = accounts.admin;
  readonly replication: Account = accounts.replication;
  readonly app: Account = accounts.app;
  readonly #installation: DatabaseInstallation;
  readonly #folder: string;
  readonly #readyTimeoutMs: number;
  #options: ServerOptions;

  constructor(
    context: ManagedServerContext,
    installation: DatabaseInstallation,
    description: MysqlServerDescription,
    readyTimeoutMs = defaultReadyTimeoutMs,
  ) {
    super(context, `${description.flavor}-${description.serverId}`, join(description.folder, 'server.log'));
    this.#installation = installation;
    this.#folder = description.folder;
    this.#options = description.options;
    this.#readyTimeoutMs = readyTimeoutMs;
    this.flavor = description.flavor;
    this.version = installation.version;
    this.serverId = description.serverId;
    this.host = description.host;
    this.port = description.port;
    this.dataDir = join(description.folder, 'data');
    this.socketPath = join(description.folder, 'sock');
    this.pidFile = join(description.folder, 'pid');
  }

  /** `host:port`. */
  get address(): string {
    return `${this.host}:${this.port}`;
  }

  describe(): MysqlServerDescription {
    return {
      flavor: this.flavor,
      serverId: this.serverId,
      host: this.host,
      port: this.port,
      folder: this.#folder,
      options: this.#options,
    };
  }

  /** Copies the data template into place; once, before the first start. */
  async prepare(): Promise<void> {
    if (Buffer.byteLength(this.socketPath) > socketPathBytesMax) {
      throw new BadOptionError(
        'folder of the sandbox',
        `${this.#folder} is too long for a Unix socket (${socketPathBytesMax} bytes); set TMPDIR to a shorter path`,
      );
    }
    await requireDiskSpace(
      this.#folder,
      diskMarginBytes,
      this.name,
      'free some, or set TMPDIR to a folder on another disk',
    );
    const template = await ensureTemplate(this.#installation);
    await run('cp', ['-a', '--reflink=auto', '--sparse=always', template, this.dataDir], {
      timeoutMs: 120_000,
    });
  }

  /**
   * Starts it (again) and resolves once it answers an authenticated query.
   *
   * @param change options over those it had until now; they stay for later starts.
   */
  override async start(change: { readonly options?: ServerOptions } = {}): Promise<void> {
    this.#options = mergeOptions(this.#options, change.options ?? {});
    await super.start();
  }

  /** Throws its data away and starts it as new: no transactions, another server UUID, the same address. */
  async startAsNew(): Promise<void> {
    await this.kill();
    await rm(this.dataDir, { recursive: true, force: true });
    await this.prepare();
    await this.start();
  }

  /** A connection of its own, as the admin account unless told otherwise; the caller ends it. */
  connect(options: ConnectionOptions = {}): Promise<Connection> {
    return createConnection({
      host: this.host,
      port: this.port,
      ...accounts.admin,
      connectTimeout: 10_000,
      ...options,
    });
  }

  /** Runs one statement on a connection of its own; resolves to the rows (or the result header). */
  async query<T = Record<string, unknown>[]>(sql: string, values?: readonly unknown[]): Promise<T> {
    const connection = await this.connect();
    try {
      const [result] = await connection.query(sql, values === undefined ? undefined : [...values]);
      return result as T;
    } finally {
      connection.destroy();
    }
  }

  /** Connection options of the application account, on its database. */
  get appConnection(): { host: string; port: number; user: string; password: string; database: string } {
    return { host: this.host, port: this.port, ...accounts.app, database: appDatabase };
  }

  protected override get readyTimeoutMs(): number {
    return this.#readyTimeoutMs;
  }

  protected override async spec(): Promise<ProcessSpec> {
    if (!(await isPortFree(this.host, this.port))) throw new PortTakenError(this.host, this.port, this.name);
    const { server, locationArgs } = this.#installation;
    const args = [
      ...server.prefixArgs,
      '--no-defaults',
      ...locationArgs,
      ...runAsRoot(),
      `--datadir=${this.dataDir}`,
      `--bind-address=${this.host}`,
      `--port=${this.port}`,
      `--socket=${this.socketPath}`,
      `--pid-file=${this.pidFile}`,
      `--server-id=${this.serverId}`,
      `--report-host=${this.host}`,
      `--report-port=${this.port}`,
      ...optionArgs(this.#options),
    ];
    return {
      name: this.name,
      file: server.file,
      args,
      cwd: this.#folder,
      logFile: this.logFile,
      // The server refuses to start while the process named in the lock of its socket exists: a zombie, or another one.
      staleFiles: [this.pidFile, this.socketPath, `${this.socketPath}.lock`],
    };
  }

  /** Throws with the server's last word while it is not ready. */
  protected override async probe(): Promise<void> {
    // Its socket file appears last; without it there is no need to ask.
    await stat(this.socketPath);
    const connection = await this.connect({ connectTimeout: probeTimeoutMs });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${probeTimeoutMs} ms`)), probeTimeoutMs);
    });
    try {
      await Promise.race([connection.query('SELECT 1'), late]);
    } finally {
      clearTimeout(timer);
      connection.destroy();
    }
  }

  protected override deathOf(ending: string): Error {
    const tail = logTail(this.logFile, 25);
    if (/Address already in use|Do you already have another (mysqld|server)/i.test(tail)) {
      return new PortTakenError(this.host, this.port, this.name);
    }
    if (/No space left on device|errno: 28\b|Errcode: 28\b/i.test(tail)) {
      return new DiskFullError(this.dataDir, this.name, {
        remedy: 'free some, or set TMPDIR to a folder on another disk',
      });
    }
    return new ServerDiedError(this.name, ending, this.logFile, tail);
  }
}

export function initialOptions(flavor: Flavor, options: ServerOptions = {}): ServerOptions {
  return mergeOptions(defaultOptions[flavor], options);
}
