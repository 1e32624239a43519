import { BadOptionError, SandboxError, ServerDiedError, ServerNotReadyError } from '../errors/index.js';
import { logTail } from './log-tail.js';
import { OwnedProcess, type ProcessSpec } from './owned-process.js';
import { isWhollyFrozen } from './process-identity.js';

/** Where a server tells of the processes it starts; the sandbox, which ends them. */
export interface ManagedServerContext {
  adopt(process: OwnedProcess): void;
  /** The process has been seen to end. */
  gone(process: OwnedProcess): void;
}

const goneTimeoutMs = 20_000;
/** A clean shutdown writes out the buffer pool; beyond this it is killed. */
const stopTimeoutMs = 30_000;
const freezeTimeoutMs = 1_000;
const deadlySignals: ReadonlySet<NodeJS.Signals> = new Set([
  'SIGKILL',
  'SIGTERM',
  'SIGINT',
  'SIGQUIT',
  'SIGABRT',
  'SIGSEGV',
]);

/** A server process that can be started, killed, frozen and started again. */
export abstract class ManagedServer {
  readonly name: string;
  /** Its standard output and error, and its log where it has one of its own. */
  readonly logFile: string;
  readonly #context: ManagedServerContext;
  #process: OwnedProcess | undefined;
  #spec: ProcessSpec | undefined;

  protected constructor(context: ManagedServerContext, name: string, logFile: string) {
    this.#context = context;
    this.name = name;
    this.logFile = logFile;
  }

  /** Number of the running process. Throws when it does not run. */
  get pid(): number {
    return this.#running().pid;
  }

  get running(): boolean {
    return this.#process?.alive ?? false;
  }

  get process(): OwnedProcess | undefined {
    return this.#process;
  }

  /** What was run last: enough to run it again, from whatever process. */
  get lastSpec(): ProcessSpec | undefined {
    return this.#spec;
  }

  /** What to run. */
  protected abstract spec(): Promise<ProcessSpec>;
  /** Resolves when it is ready; throws with the reason while it is not. */
  protected abstract probe(): Promise<void>;
  protected abstract get readyTimeoutMs(): number;

  protected deathOf(ending: string): Error {
    return new ServerDiedError(this.name, ending, this.logFile, logTail(this.logFile));
  }

  /**
   * Starts it and resolves when it is ready. Throws `PortTakenError`, `DiskFullError`, `ServerDiedError`,
   * `ServerNotReadyError`; then nothing of it is left running.
   */
  async start(): Promise<void> {
    if (this.running)
      throw new BadOptionError(this.name, `it runs already (pid ${this.pid}); stop or kill it first`);
    await this.launch();
    await this.waitReady();
  }

  protected async launch(): Promise<void> {
    const spec = await this.spec();
    const started = await OwnedProcess.spawn(spec);
    this.#spec = spec;
    this.#process = started;
    this.#context.adopt(started);
  }

  protected async waitReady(): Promise<void> {
    const process = this.#running();
    const timeoutMs = this.readyTimeoutMs;
    const deadline = performance.now() + timeoutMs;
    let lastAnswer: string;
    for (;;) {
      if (process.ending !== undefined) {
        this.#context.gone(process);
        throw this.deathOf(process.ending);
      }
      try {
        await this.probe();
        return;
      } catch (error) {
        lastAnswer = (error as Error).message;
      }
      if (performance.now() >= deadline) {
        await this.kill();
        throw new ServerNotReadyError(this.name, {
          timeoutMs,
          lastAnswer,
          logFile: this.logFile,
          logTail: logTail(this.logFile),
        });
      }
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  }

  /**
   * Sends the signal before it returns; resolves once the process is gone (for a signal that ends it). Nothing happens
   * when it does not run.
   */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const process = this.#process;
    if (process === undefined) return;
    process.signal(signal);
    if (!deadlySignals.has(signal)) return;
    if (await process.waitGone(signal === 'SIGKILL' ? goneTimeoutMs : stopTimeoutMs))
      this.#context.gone(process);
    else
      throw new SandboxError('STILL_ALIVE', `${this.name} (pid ${process.pid}) did not end after ${signal}`);
  }

  /**
   * Stops the process where it is (SIGSTOP): it keeps its sockets and answers nothing. Returns when every thread has
   * stopped, at the latest after a second.
   */
  freeze(): void {
    const running = this.#running();
    running.signal('SIGSTOP');
    const endMs = performance.now() + freezeTimeoutMs;
    const pause = new Int32Array(new SharedArrayBuffer(4));
    while (!isWhollyFrozen(running.identity) && performance.now() < endMs) Atomics.wait(pause, 0, 0, 1);
  }

  thaw(): void {
    this.#running().signal('SIGCONT');
  }

  /** Ends it cleanly (SIGTERM); kills it when it does not end within 30 s. A frozen one is thawed first. */
  async stop(): Promise<void> {
    const process = this.#process;
    if (process === undefined || !process.alive) return;
    process.signal('SIGTERM');
    process.signal('SIGCONT');
    if (!(await process.waitGone(stopTimeoutMs))) await this.kill();
    this.#context.gone(process);
  }

  /** A former process of this server has ended. */
  protected forget(process: OwnedProcess): void {
    this.#context.gone(process);
  }

  #running(): OwnedProcess {
    if (this.#process === undefined || this.#process.ending !== undefined) {
      throw new BadOptionError(this.name, 'it does not run; start it first');
    }
    return this.#process;
  }
}
