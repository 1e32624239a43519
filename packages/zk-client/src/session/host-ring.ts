import type { HostPort } from '../address/connect-string.js';

/** The servers in shuffled order, gone through in rounds: each is tried once before any is tried again. */
export class HostRing {
  readonly #order: HostPort[];
  #triedInRound = 0;

  constructor(hosts: readonly HostPort[], random: () => number) {
    this.#order = [...hosts];
    for (let index = this.#order.length - 1; index > 0; index -= 1) {
      const other = Math.floor(random() * (index + 1));
      const host = this.#order[index] as HostPort;
      this.#order[index] = this.#order[other] as HostPort;
      this.#order[other] = host;
    }
  }

  get isRoundOver(): boolean {
    return this.#triedInRound >= this.#order.length;
  }

  startRound(): void {
    this.#triedInRound = 0;
  }

  /** The server whose turn it is; it becomes the last of the order. */
  next(): HostPort {
    const host = this.#order.shift() as HostPort;
    this.#order.push(host);
    this.#triedInRound += 1;
    return host;
  }

  /** The server that was just lost is tried after all others. */
  putLast(host: HostPort | undefined): void {
    const index = host === undefined ? -1 : this.#order.indexOf(host);
    if (index === -1) return;
    this.#order.push(...this.#order.splice(index, 1));
  }
}
