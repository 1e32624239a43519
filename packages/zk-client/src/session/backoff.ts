const firstDelayMs = 20;
const longestDelayMs = 1_000;

/** How long to wait after a round over all servers in vain, and how patient to be with one attempt. */
export class Backoff {
  readonly #timeoutMs: number;
  readonly #random: () => number;
  #rounds = 0;

  constructor(sessionTimeoutMs: number, random: () => number) {
    this.#timeoutMs = sessionTimeoutMs;
    this.#random = random;
  }

  /** Back to short delays: a server was found. */
  reset(): void {
    this.#rounds = 0;
  }

  /**
   * Ends a round. 20 ms at first, doubled per round up to a twelfth of the session timeout (a second at most), half of
   * it random so that clients which lost a server together do not come back together.
   */
  nextDelayMs(): number {
    const bound = Math.max(firstDelayMs, Math.min(longestDelayMs, this.#timeoutMs / 12));
    const delay = Math.min(bound, firstDelayMs * 2 ** Math.min(this.#rounds, 16));
    this.#rounds += 1;
    return delay * (0.5 + this.#random() / 2);
  }

  /**
   * The configured patience, doubled per round in vain up to two thirds of the session timeout: where every server is
   * slow (an election, a full machine) a bound that is always too short would never let one finish.
   */
  attemptTimeoutMs(connectTimeoutMs: number): number {
    const bound = Math.max(connectTimeoutMs, (this.#timeoutMs * 2) / 3);
    return Math.min(bound, connectTimeoutMs * 2 ** Math.min(this.#rounds, 16));
  }
}
