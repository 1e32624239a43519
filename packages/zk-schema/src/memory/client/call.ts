import { ZooKeeperError } from '@dcmha/zk-client';
import type { ZooKeeperErrorCode } from '@dcmha/zk-client';
import type { Clock } from '../../clock/index.js';
import { isWrite, pathOf } from '../ensemble/command.js';
import type { Command } from '../ensemble/command.js';

/** One request under way: settles once, whatever comes first of answer, abort, deadline and loss. */
export class Call {
  readonly command: Command;
  readonly promise: Promise<unknown>;
  /** Monotonic; undefined until it is on its way. */
  sentAtMs: number | undefined;
  /** Carried out at the client when the answer comes, before the promise settles (registers watches). */
  readonly onAnswer: ((value: unknown) => void) | undefined;
  #settled = false;
  #resolve!: (value: unknown) => void;
  #reject!: (error: unknown) => void;
  #release: () => void = () => undefined;

  constructor(command: Command, onAnswer?: (value: unknown) => void) {
    this.command = command;
    this.onAnswer = onAnswer;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** `whenRunning` holds the deadline back while the process is frozen. */
  arm(
    clock: Clock,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    whenRunning: (run: () => void) => void,
  ): void {
    const onAbort = (): void => this.fail('ABORTED', 'the caller gave up');
    if (signal?.aborted === true) return onAbort();
    const cancel = clock.schedule(timeoutMs, () =>
      whenRunning(() => this.fail('OPERATION_TIMEOUT', `no answer within ${timeoutMs} ms`)),
    );
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#release = () => {
      cancel();
      signal?.removeEventListener('abort', onAbort);
    };
  }

  succeed(value: unknown): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#release();
    this.#resolve(value);
  }

  refuse(error: unknown): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#release();
    this.#reject(error);
  }

  /** Fails for a reason that lies between client and ensemble; says whether a write may have happened. */
  fail(code: ZooKeeperErrorCode, reason: string): void {
    const path = pathOf(this.command);
    const maybeApplied = this.sentAtMs !== undefined && isWrite(this.command);
    const doubt = maybeApplied ? '; the write may have happened' : '';
    this.refuse(
      new ZooKeeperError(
        code,
        `${code}: ${this.command.op}${path === undefined ? '' : ` ${path}`}: ${reason}${doubt}`,
        { path, maybeApplied },
      ),
    );
  }
}
