import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BadOptionError, SandboxError } from './errors/index.js';
import type { GroupOptions } from './group/group-options.js';
import { startGroup, type MysqlGroup } from './group/mysql-group.js';
import { HaproxyServer, type HaproxyOptions } from './haproxy/haproxy-server.js';
import { locateHaproxy } from './install/locate-haproxy.js';
import { locateMariadb } from './install/locate-mariadb.js';
import { locateMysql } from './install/locate-mysql.js';
import { locateZooKeeper } from './install/locate-zookeeper.js';
import { initialOptions, MysqlServer, type MysqlServerOptions } from './mysql/mysql-server.js';
import { freePort, releasePort } from './net/free-port.js';
import type { ManagedServer, ManagedServerContext } from './process/managed-server.js';
import { OwnedProcess, type ProcessSpec } from './process/owned-process.js';
import { Watchdog } from './process/watchdog.js';
import type { EnsembleMember } from './zookeeper/zookeeper-config.js';
import { DaemonProcess, type DaemonOptions } from './stack/daemon-process.js';
import { ZooKeeperEnsemble, type ZooKeeperOptions } from './zookeeper/zookeeper-ensemble.js';
import { ZooKeeperNode } from './zookeeper/zookeeper-node.js';

export interface SandboxOptions {
  /** Shown in the name of its folder; letters, digits, `-`. */
  readonly name?: string;
  /** Keeps the folder (data, logs) after `close`. */
  readonly keepFolder?: boolean;
}

const nodesMax = 9;
const open = new Set<Sandbox>();
let exitHookSet = false;

/**
 * Real servers on loopback, in a folder of their own. All of them end with `close`, and at the latest with this
 * process, however it ends: a watchdog process holds a pipe to it. No signal handlers are installed.
 */
export class Sandbox {
  readonly name: string;
  readonly folder: string;
  readonly #watchdog: Watchdog;
  readonly #keepFolder: boolean;
  readonly #processes = new Set<OwnedProcess>();
  readonly #servers: ManagedServer[] = [];
  readonly #ports = new Set<number>();
  readonly #context: ManagedServerContext = {
    adopt: (process) => this.#adopt(process),
    gone: (process) => this.#forget(process),
  };
  #closed = false;
  #haproxies = 0;
  #databases = 0;
  #ensembles = 0;

  private constructor(name: string, folder: string, keepFolder: boolean) {
    this.name = name;
    this.folder = folder;
    this.#keepFolder = keepFolder;
    this.#watchdog = new Watchdog(keepFolder ? undefined : folder);
    open.add(this);
    if (!exitHookSet) {
      exitHookSet = true;
      process.on('exit', () => {
        for (const sandbox of open) sandbox.#killAll();
      });
    }
  }

  /** Throws `SandboxError` on a system that is not Linux. */
  static async create(options: SandboxOptions = {}): Promise<Sandbox> {
    if (process.platform !== 'linux') {
      throw new SandboxError('MISSING_TOOL', `the sandbox runs on Linux only; this is ${process.platform}`);
    }
    const name = options.name ?? 'sandbox';
    if (!/^[A-Za-z0-9-]{1,32}$/.test(name)) {
      throw new BadOptionError('name', `"${name}" must be 1 to 32 letters, digits or hyphens`);
    }
    const folder = await mkdtemp(join(tmpdir(), `dcmha-${name}-`));
    return new Sandbox(name, folder, options.keepFolder ?? false);
  }

  /** Servers started so far, running or not. */
  get servers(): readonly ManagedServer[] {
    return this.#servers;
  }

  async startZooKeeper(options: ZooKeeperOptions = {}): Promise<ZooKeeperEnsemble> {
    this.#requireOpen();
    const count = options.nodes ?? 1;
    if (!Number.isInteger(count) || count < 1 || count > nodesMax) {
      throw new BadOptionError('nodes', `${count} must be a whole number from 1 to ${nodesMax}`);
    }
    const installation = locateZooKeeper();
    const host = options.host ?? '127.0.0.1';
    const folder = join(this.folder, `z${++this.#ensembles}`);
    const members: EnsembleMember[] = [];
    for (let id = 1; id <= count; id++) {
      members.push({
        id,
        host,
        clientPort: await this.freePort(host),
        quorumPort: await this.freePort(host),
        electionPort: await this.freePort(host),
      });
    }
    const nodes = members.map(
      (self) =>
        new ZooKeeperNode(this.#context, installation, {
          self,
          members,
          folder: join(folder, String(self.id)),
          tickTimeMs: options.tickTimeMs ?? 500,
          config: options.config ?? {},
          jvmOptions: options.jvmOptions ?? [],
        }),
    );
    for (const node of nodes) await node.prepare();
    const ensemble = new ZooKeeperEnsemble(nodes);
    this.#servers.push(...nodes);
    await this.#started(() => ensemble.start());
    return ensemble;
  }

  /** A MySQL or MariaDB server with the accounts of `accounts`, GTIDs on, row format. */
  async startMysql(options: MysqlServerOptions): Promise<MysqlServer> {
    this.#requireOpen();
    const flavor = options.flavor ?? 'mysql';
    const installation = flavor === 'mysql' ? await locateMysql() : await locateMariadb();
    const host = options.host ?? '127.0.0.1';
    const folder = join(this.folder, `m${++this.#databases}`);
    await mkdir(folder);
    const server = new MysqlServer(
      this.#context,
      installation,
      {
        flavor,
        serverId: options.serverId,
        host,
        port: options.port ?? (await this.freePort(host)),
        folder,
        options: initialOptions(flavor, options.options),
      },
      options.readyTimeoutMs,
    );
    await server.prepare();
    this.#servers.push(server);
    await this.#started(() => server.start());
    return server;
  }

  async startHaproxy(options: HaproxyOptions): Promise<HaproxyServer> {
    this.#requireOpen();
    const haproxy = locateHaproxy();
    const number = ++this.#haproxies;
    const folder = join(this.folder, `h${number}`);
    await mkdir(folder);
    const server = new HaproxyServer(this.#context, haproxy, `haproxy-${number}`, folder, options.config);
    await server.prepare();
    this.#servers.push(server);
    await this.#started(() => server.start());
    return server;
  }

  /** MySQL servers that replicate by GTID and semi-sync, the first one writable. */
  startGroup(options: GroupOptions = {}): Promise<MysqlGroup> {
    return startGroup(this, options);
  }

  /** Starts a daemon of dcmha as a process of its own; its configuration and log are in `daemons/`. */
  async startDaemon(options: DaemonOptions): Promise<DaemonProcess> {
    this.#requireOpen();
    const daemon = new DaemonProcess(this.#context, join(this.folder, 'daemons'), options);
    await daemon.prepare();
    this.#servers.push(daemon);
    await this.#started(() => daemon.start());
    return daemon;
  }

  /** Starts any other program that is to end with the sandbox. */
  async startProcess(spec: ProcessSpec): Promise<OwnedProcess> {
    this.#requireOpen();
    const started = await OwnedProcess.spawn(spec);
    this.#adopt(started);
    return started;
  }

  /** A port that stays reserved until the sandbox is closed. */
  async freePort(host?: string): Promise<number> {
    const port = await freePort(host);
    this.#ports.add(port);
    return port;
  }

  /** Kills everything it started and removes its folder. Data in it is thrown away, so nothing is shut down cleanly. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const processes = this.#killAll();
    await Promise.all(processes.map((process) => process.waitGone(20_000)));
    await this.#watchdog.release();
    if (!this.#keepFolder) await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
    this.#releasePorts();
    open.delete(this);
  }

  /** Leaves everything running, owned by nobody; nothing of it ends with this process any more. */
  async release(): Promise<void> {
    this.#requireOpen();
    this.#closed = true;
    await this.#watchdog.release();
    this.#releasePorts();
    open.delete(this);
  }

  #releasePorts(): void {
    for (const port of this.#ports) releasePort(port);
    this.#ports.clear();
  }

  #killAll(): OwnedProcess[] {
    const processes = [...this.#processes];
    for (const process of processes) process.signal('SIGKILL');
    return processes;
  }

  #adopt(process: OwnedProcess): void {
    this.#processes.add(process);
    this.#watchdog.watch(process.identity);
    // Closed while it was starting: nobody else would end it.
    if (this.#closed) process.signal('SIGKILL');
  }

  #forget(process: OwnedProcess): void {
    if (this.#processes.delete(process)) this.#watchdog.forget(process.identity);
  }

  async #started(start: () => Promise<void>): Promise<void> {
    try {
      await start();
    } catch (error) {
      if (this.#closed)
        throw new SandboxError('CLOSED', 'the sandbox was closed while a server was starting', {
          cause: error,
        });
      throw error;
    }
  }

  #requireOpen(): void {
    if (this.#closed) throw new SandboxError('CLOSED', 'the sandbox is closed; create a new one');
  }
}
