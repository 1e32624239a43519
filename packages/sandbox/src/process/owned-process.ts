import { spawn } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import { CommandFailedError, MissingToolError } from '../errors/index.js';
import { identify, isAlive, sendSignal, type ProcessIdentity } from './process-identity.js';
import { waitUntil } from './wait-until.js';

export interface ProcessSpec {
  /** Name for messages, for example `mysql-1`. */
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Standard output and error are appended to this file. */
  readonly logFile: string;
  /** Left behind by a killed predecessor (sockets, pid files); removed before the program is started. */
  readonly staleFiles?: readonly string[];
}

/**
 * A process that this library started (or found again by its identity, started by an earlier one). Signals reach it
 * only while its start time is the one it was started with.
 */
export class OwnedProcess {
  readonly name: string;
  readonly identity: ProcessIdentity;
  readonly logFile: string;
  #ending: string | undefined;
  /** Resolves when our child has been reaped; `undefined` for a process that is not our child. */
  readonly #reaped: Promise<void> | undefined;

  private constructor(
    name: string,
    identity: ProcessIdentity,
    logFile: string,
    onExit: ((settle: (ending: string) => void) => void) | undefined,
  ) {
    this.name = name;
    this.identity = identity;
    this.logFile = logFile;
    this.#reaped =
      onExit &&
      new Promise((resolve) => {
        onExit((ending) => {
          this.#ending = ending;
          resolve();
        });
      });
  }

  /** Throws `MissingToolError` when there is no such program. */
  static async spawn(spec: ProcessSpec): Promise<OwnedProcess> {
    for (const file of spec.staleFiles ?? []) rmSync(file, { force: true });
    const log = openSync(spec.logFile, 'a');
    let child;
    try {
      child = spawn(spec.file, spec.args, {
        cwd: spec.cwd,
        env: spec.env ?? process.env,
        stdio: ['ignore', log, log],
        // A session of its own: Ctrl-C in a terminal reaches us, and we end what is ours in our order.
        detached: true,
      });
    } finally {
      closeSync(log);
    }
    let ending: string | undefined;
    let settle: ((ending: string) => void) | undefined;
    child.once('exit', (code, signal) => {
      ending = signal === null ? `exit code ${code}` : `signal ${signal}`;
      settle?.(ending);
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error: NodeJS.ErrnoException) => {
        reject(
          error.code === 'ENOENT'
            ? new MissingToolError(spec.file, `it is needed for ${spec.name}`, { cause: error })
            : new CommandFailedError(spec.file, error.message, '', { cause: error }),
        );
      });
    });
    // It must not keep a script running that forgot to close its sandbox.
    child.unref();
    const pid = child.pid!;
    return new OwnedProcess(
      spec.name,
      // Gone before we looked: an identity that matches nothing.
      identify(pid) ?? { pid, startTime: 'gone' },
      spec.logFile,
      (done) => {
        if (ending === undefined) settle = done;
        else done(ending);
      },
    );
  }

  /** A process that an earlier program started and left running. */
  static attach(name: string, identity: ProcessIdentity, logFile: string): OwnedProcess {
    return new OwnedProcess(name, identity, logFile, undefined);
  }

  get pid(): number {
    return this.identity.pid;
  }

  get alive(): boolean {
    return this.#ending === undefined && isAlive(this.identity);
  }

  /** How it ended; `undefined` while it lives. */
  get ending(): string | undefined {
    return this.#ending ?? (isAlive(this.identity) ? undefined : 'ended');
  }

  /** Sends a signal at once; `false` when the process was already gone. */
  signal(signal: NodeJS.Signals): boolean {
    return this.#ending === undefined && sendSignal(this.identity, signal);
  }

  /** Resolves to `true` when the process is gone, `false` when it still lives after the deadline. */
  async waitGone(timeoutMs: number): Promise<boolean> {
    if (this.#reaped !== undefined) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<boolean>((resolve) => {
        timer = setTimeout(() => resolve(false), timeoutMs);
      });
      const gone = await Promise.race([this.#reaped.then(() => true), late]);
      clearTimeout(timer);
      return gone;
    }
    const gone = await waitUntil(() => (isAlive(this.identity) ? undefined : true), {
      timeoutMs,
      everyMs: 5,
    });
    return gone ?? false;
  }
}
