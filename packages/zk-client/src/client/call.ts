import type { CallOptions } from '../api.js';
import type { Operation } from '../protocol/operation.js';
import { ZooKeeperError } from '../errors.js';

/** One request from the moment it is made until it is answered, whether or not its maker still waits. */
export class Call<Arguments = unknown, Result = unknown> {
  readonly operation: Operation<Arguments, Result>;
  readonly args: Arguments;
  /** The path as the caller knows it. */
  readonly path: string | undefined;
  /** Called with the answer, 0 or the server's error number, before the promise is settled. */
  readonly onAnswer: ((error: number) => void) | undefined;
  xid = 0;
  sentAtMs = 0;
  /** Bytes of the frame, its length field included. */
  bytes = 0;
  /** The whole frame, while the call waits to be sent (the xid is filled in then). */
  frame: Buffer | undefined;
  isSent = false;
  isSettled = false;
  readonly #resolve: (result: Result) => void;
  readonly #reject: (error: Error) => void;
  #timer: NodeJS.Timeout | undefined;
  #signal: AbortSignal | undefined;
  #onAbort: (() => void) | undefined;

  constructor(
    operation: Operation<Arguments, Result>,
    args: Arguments,
    path: string | undefined,
    onAnswer: ((error: number) => void) | undefined,
    resolve: (result: Result) => void,
    reject: (error: Error) => void,
  ) {
    this.operation = operation;
    this.args = args;
    this.path = path;
    this.onAnswer = onAnswer;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** What messages call it: `set /a/b`. */
  get title(): string {
    return this.path === undefined ? this.operation.name : `${this.operation.name} ${this.path}`;
  }

  /** True while an error now would leave open whether the server has done it. */
  get maybeApplied(): boolean {
    return this.isSent && this.operation.isWrite;
  }

  /** Starts the deadline and listens to the signal; `onGiveUp` runs after the call was rejected by either. */
  arm(options: CallOptions | undefined, timeoutMs: number, onGiveUp: (call: this) => void): void {
    this.#timer = setTimeout(() => {
      this.#giveUp('OPERATION_TIMEOUT', `no answer within ${timeoutMs} ms`, onGiveUp);
    }, timeoutMs);
    const signal = options?.signal;
    if (!signal) return;
    this.#signal = signal;
    this.#onAbort = () => this.#giveUp('ABORTED', 'aborted by its signal', onGiveUp, signal.reason);
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  resolve(result: Result): void {
    if (this.isSettled) return;
    this.#settle();
    this.#resolve(result);
  }

  reject(error: Error): void {
    if (this.isSettled) return;
    this.#settle();
    this.#reject(error);
  }

  #giveUp(
    code: 'OPERATION_TIMEOUT' | 'ABORTED',
    why: string,
    onGiveUp: (call: this) => void,
    cause?: unknown,
  ): void {
    const doubt = this.maybeApplied ? '; it was sent and may have been carried out' : '';
    const { path, maybeApplied } = this;
    this.reject(new ZooKeeperError(code, `${this.title}: ${why}${doubt}`, { path, maybeApplied, cause }));
    onGiveUp(this);
  }

  #settle(): void {
    this.isSettled = true;
    clearTimeout(this.#timer);
    if (this.#signal && this.#onAbort) this.#signal.removeEventListener('abort', this.#onAbort);
    this.#signal = undefined;
    this.#onAbort = undefined;
  }
}
