import type { Deadline } from './deadline.js';

const longestTimerMs = 0x7fff_ffff;

/** Something to wait for that others open; opening it early is not lost. */
export class Latch {
  readonly #waiters = new Set<() => void>();
  #isOpen = false;

  open(): void {
    this.#isOpen = true;
    for (const wake of [...this.#waiters]) wake();
  }

  /**
   * Waits until it is open, and closes it again.
   * @throws ZooKeeperError `ABORTED` or `OPERATION_TIMEOUT` when the deadline passes first.
   */
  async pass(deadline: Deadline): Promise<void> {
    deadline.check();
    if (!this.#isOpen) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiters.delete(wake);
          clearTimeout(timer);
          deadline.signal?.removeEventListener('abort', wake);
          resolve();
        };
        const timer = setTimeout(wake, Math.min(deadline.remainingMs, longestTimerMs));
        deadline.signal?.addEventListener('abort', wake, { once: true });
        this.#waiters.add(wake);
      });
      if (!this.#isOpen) deadline.check();
    }
    this.#isOpen = false;
  }
}
