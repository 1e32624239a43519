import { rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { BadOptionError, CommandFailedError, PortTakenError, ServerDiedError } from '../errors/index.js';
import { isPortFree } from '../net/free-port.js';
import { logTail } from '../process/log-tail.js';
import { ManagedServer, type ManagedServerContext } from '../process/managed-server.js';
import type { ProcessSpec } from '../process/owned-process.js';
import { run } from '../process/run.js';
import { haproxyEndpoints } from './haproxy-endpoints.js';

export interface HaproxyOptions {
  /** The whole configuration; must not have `daemon`. */
  readonly config: string;
}

const readyTimeoutMs = 15_000;
const oldProcessTimeoutMs = 10_000;

/** One HAProxy in the foreground. */
export class HaproxyServer extends ManagedServer {
  /** Its configuration; the content may be changed before `start` or `reload`. */
  readonly configFile: string;
  readonly #haproxy: string;
  readonly #folder: string;
  #config: string;
  #replaced: number | undefined;

  constructor(context: ManagedServerContext, haproxy: string, name: string, folder: string, config: string) {
    super(context, name, join(folder, 'server.log'));
    this.#haproxy = haproxy;
    this.#folder = folder;
    this.#config = config;
    this.configFile = join(folder, 'haproxy.cfg');
  }

  describe(): { name: string; folder: string; config: string } {
    return { name: this.name, folder: this.#folder, config: this.#config };
  }

  /** Writes the configuration and has HAProxy check it. Throws `BadOptionError` with what HAProxy says. */
  async prepare(): Promise<void> {
    await writeFile(this.configFile, this.#config);
    try {
      await run(this.#haproxy, ['-c', '-f', this.configFile], { timeoutMs: 20_000 });
    } catch (error) {
      if (!(error instanceof CommandFailedError)) throw error;
      throw new BadOptionError('configuration of HAProxy', `HAProxy refuses it:\n${error.output}`);
    }
  }

  /**
   * A new process takes over the listening sockets, the old one ends when its sessions do (at most after 10 s; then it
   * is killed). The runtime socket changes hands too.
   */
  async reload(config: string = this.#config): Promise<void> {
    const old = this.process;
    if (old === undefined || !old.alive)
      throw new BadOptionError(this.name, 'it does not run; start it instead');
    this.#config = config;
    await this.prepare();
    this.#replaced = old.pid;
    try {
      await this.launch();
      await this.waitReady();
    } finally {
      this.#replaced = undefined;
    }
    if (!(await old.waitGone(oldProcessTimeoutMs))) {
      old.signal('SIGKILL');
      await old.waitGone(oldProcessTimeoutMs);
    }
    this.forget(old);
  }

  protected override get readyTimeoutMs(): number {
    return readyTimeoutMs;
  }

  protected override async spec(): Promise<ProcessSpec> {
    const { binds, runtimeSockets } = haproxyEndpoints(this.#config);
    if (this.#replaced === undefined) {
      for (const { host, port } of binds) {
        if (!(await isPortFree(host, port))) throw new PortTakenError(host, port, this.name);
      }
      for (const socket of runtimeSockets) await rm(socket, { force: true });
    }
    const takeOver = this.#replaced === undefined ? [] : ['-sf', String(this.#replaced)];
    return {
      name: this.name,
      file: this.#haproxy,
      args: ['-db', '-f', this.configFile, ...takeOver],
      cwd: this.#folder,
      logFile: this.logFile,
    };
  }

  protected override async probe(): Promise<void> {
    const { binds, runtimeSockets } = haproxyEndpoints(this.#config);
    // The runtime socket is asked where there is one: a connection to a frontend would count as a session.
    if (runtimeSockets.length > 0) await Promise.all(runtimeSockets.map((path) => canConnect({ path })));
    else await Promise.all(binds.map((bind) => canConnect(bind)));
  }

  protected override deathOf(ending: string): Error {
    const tail = logTail(this.logFile);
    const taken = /cannot bind socket \((?:Address already in use|.*in use.*)\) \[([\d.]+):(\d+)\]/i.exec(
      tail,
    );
    if (taken) return new PortTakenError(taken[1]!, Number(taken[2]), this.name);
    return new ServerDiedError(this.name, ending, this.logFile, tail);
  }
}

function canConnect(target: { path: string } | { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...target, timeout: 1_000 });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('timeout', () => socket.destroy(new Error('no answer within 1000 ms')));
    socket.once('error', reject);
  });
}
