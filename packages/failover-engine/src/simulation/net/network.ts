import type { Random } from '../time/random.js';
import type { SimClock } from '../time/sim-clock.js';
import type { SimHost } from './sim-host.js';

export interface NetworkOptions {
  /** One way, between hosts of one region. */
  readonly delayMs: readonly [min: number, max: number];
  /** Added between regions, one way. */
  readonly regionDelayMs: number;
  /** Chance that a packet is lost and sent again by TCP. */
  readonly loss: number;
}

/** TCP sends a lost packet again after about this long. */
const retransmitMs = 200;
/** However slow it gets, a packet needs no longer. */
const slowestMs = 400;

interface Held {
  readonly from: SimHost;
  readonly to: SimHost;
  readonly send: () => void;
}

/**
 * TCP between hosts. What is sent into a partition is not lost: it is sent again when the partition ends, as TCP does it, also
 * when whoever sent it has given up meanwhile. A host that goes down takes what was sent to it with it.
 */
export class Network {
  readonly #clock: SimClock;
  readonly #random: Random;
  readonly #o: NetworkOptions;
  /** `from>to`. Several faults may block the same way. */
  readonly #blocked = new Map<string, number>();
  #held: Held[] = [];
  /** Slows everything down. */
  slowness = 1;
  readonly #listeners: (() => void)[] = [];

  constructor(clock: SimClock, random: Random, options: NetworkOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#o = options;
  }

  /** Told whenever who reaches whom has changed. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  reaches(from: SimHost, to: SimHost): boolean {
    return from === to || (this.#blocked.get(`${from.name}>${to.name}`) ?? 0) === 0;
  }

  block(from: SimHost, to: SimHost): void {
    const way = `${from.name}>${to.name}`;
    this.#blocked.set(way, (this.#blocked.get(way) ?? 0) + 1);
    this.#changed();
  }

  unblock(from: SimHost, to: SimHost): void {
    const way = `${from.name}>${to.name}`;
    const left = (this.#blocked.get(way) ?? 0) - 1;
    if (left > 0) this.#blocked.set(way, left);
    else this.#blocked.delete(way);
    if (left <= 0) {
      const free = this.#held.filter((held) => held.from === from && held.to === to);
      this.#held = this.#held.filter((held) => !free.includes(held));
      // Sent again at TCP's next try, in order.
      for (const held of free) this.#clock.schedulePlain(retransmitMs, held.send);
    }
    this.#changed();
  }

  delayMs(from: SimHost, to: SimHost): number {
    if (from === to) return 0.05;
    const [min, max] = this.#o.delayMs;
    const far = from.region === to.region ? 0 : this.#o.regionDelayMs;
    const lost = this.#random.chance(this.#o.loss) ? retransmitMs : 0;
    const delayMs = far + this.#random.between(min, max);
    return Math.max(delayMs, Math.min(delayMs * this.slowness, slowestMs)) + lost;
  }

  /** `arrive` runs when the message is there; never when the host is down. It settles no promise by itself. */
  send(from: SimHost, to: SimHost, arrive: () => void): void {
    this.transmit(from, to, 0, arrive);
  }

  /**
   * The same, and not before `notBeforeMs`: keeps messages of one connection in order.
   * @returns when it arrives, if nothing holds it up.
   */
  transmit(from: SimHost, to: SimHost, notBeforeMs: number, arrive: () => void): number {
    const deliver = (): void => {
      if (to.up) arrive();
    };
    if (!this.reaches(from, to)) {
      this.#held.push({ from, to, send: () => this.transmit(from, to, 0, arrive) });
      return Number.POSITIVE_INFINITY;
    }
    const now = this.#clock.monotonicMs();
    const atMs = Math.max(now + this.delayMs(from, to), notBeforeMs);
    this.#clock.schedulePlain(atMs - now, deliver);
    return atMs;
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
