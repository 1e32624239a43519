import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PortTakenError } from '../errors/index.js';
import type { ZooKeeperInstallation } from '../install/locate-zookeeper.js';
import { isPortFree } from '../net/free-port.js';
import { ManagedServer, type ManagedServerContext } from '../process/managed-server.js';
import type { ProcessSpec } from '../process/owned-process.js';
import { fourLetterWord } from './four-letter-word.js';
import { zooKeeperConfig, type EnsembleMember } from './zookeeper-config.js';

export interface ZooKeeperNodeDescription {
  readonly self: EnsembleMember;
  readonly members: readonly EnsembleMember[];
  readonly folder: string;
  readonly tickTimeMs: number;
  readonly config: Readonly<Record<string, string | number>>;
  readonly jvmOptions: readonly string[];
}

const readyTimeoutMs = 60_000;

/** One ZooKeeper server on loopback. */
export class ZooKeeperNode extends ManagedServer {
  readonly id: number;
  readonly host: string;
  /** Client port. */
  readonly port: number;
  readonly #installation: ZooKeeperInstallation;
  readonly #description: ZooKeeperNodeDescription;

  constructor(
    context: ManagedServerContext,
    installation: ZooKeeperInstallation,
    description: ZooKeeperNodeDescription,
  ) {
    super(context, `zookeeper-${description.self.id}`, join(description.folder, 'server.log'));
    this.#installation = installation;
    this.#description = description;
    this.id = description.self.id;
    this.host = description.self.host;
    this.port = description.self.clientPort;
  }

  /** `host:port`. */
  get address(): string {
    return `${this.host}:${this.port}`;
  }

  describe(): ZooKeeperNodeDescription {
    return this.#description;
  }

  async prepare(): Promise<void> {
    const { folder, self, members, tickTimeMs, config } = this.#description;
    const dataDir = join(folder, 'data');
    await mkdir(dataDir, { recursive: true });
    await writeFile(join(dataDir, 'myid'), `${self.id}\n`);
    await writeFile(
      join(folder, 'zoo.cfg'),
      zooKeeperConfig(self, members, { dataDir, tickTimeMs, extra: config }),
    );
  }

  /** Answer to a four-letter word, for example `mntr`. */
  ask(word: string, timeoutMs?: number): Promise<string> {
    return fourLetterWord(this.host, this.port, word, timeoutMs);
  }

  /** Starts the process without waiting: the first of an ensemble is ready only when a majority is. */
  async startWithoutWaiting(): Promise<void> {
    await this.launch();
  }

  async waitServing(): Promise<void> {
    await this.waitReady();
  }

  protected override get readyTimeoutMs(): number {
    return readyTimeoutMs;
  }

  protected override async spec(): Promise<ProcessSpec> {
    const { folder, jvmOptions } = this.#description;
    if (!(await isPortFree(this.host, this.port))) throw new PortTakenError(this.host, this.port, this.name);
    const args = [
      '-Xmx256m',
      // What a short-lived, small JVM wants: a quick start, one collector thread, no files in /tmp.
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-XX:-UsePerfData',
      '-Dzookeeper.admin.enableServer=false',
      // KiB allocated at a time for the transaction log; the default of 64 MiB is much for a folder thrown away soon.
      '-Dzookeeper.preAllocSize=1024',
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
      '-Dorg.slf4j.simpleLogger.showDateTime=true',
      ...jvmOptions,
      '-cp',
      this.#installation.classPath,
      'org.apache.zookeeper.server.quorum.QuorumPeerMain',
      join(folder, 'zoo.cfg'),
    ];
    return { name: this.name, file: this.#installation.java, args, cwd: folder, logFile: this.logFile };
  }

  protected override async probe(): Promise<void> {
    const answer = await this.ask('srvr');
    // An answer that names no mode comes from a member that has found no quorum yet.
    if (!/^Mode: /m.test(answer)) throw new Error(answer.trim().split('\n')[0] || 'an empty answer');
  }
}
