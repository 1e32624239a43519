import type { Clock } from '../../clock/index.js';

interface Parcel<Message> {
  readonly message: Message;
  readonly dueMs: number;
}

/** One direction of a connection: what is sent arrives in order, each after its delay; can be held up or cut. */
export class Pipe<Message> {
  readonly #clock: Clock;
  readonly #arrive: (message: Message) => void;
  readonly #queue: Parcel<Message>[] = [];
  #held = false;
  #pumping = false;
  /** Grows when the pipe is cut, so that a pump of before does nothing. */
  #generation = 0;

  constructor(clock: Clock, arrive: (message: Message) => void) {
    this.#clock = clock;
    this.#arrive = arrive;
  }

  send(message: Message, delayMs: number): void {
    const lastMs = this.#queue.at(-1)?.dueMs ?? 0;
    this.#queue.push({ message, dueMs: Math.max(lastMs, this.#clock.monotonicMs() + delayMs) });
    this.#pump();
  }

  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.#pump();
  }

  /** What is under way never arrives. */
  cut(): void {
    this.#queue.length = 0;
    this.#generation += 1;
    this.#pumping = false;
    this.#held = false;
  }

  #pump(): void {
    const next = this.#queue[0];
    if (this.#pumping || this.#held || next === undefined) return;
    this.#pumping = true;
    const generation = this.#generation;
    const deliver = (): void => {
      if (generation !== this.#generation) return;
      this.#pumping = false;
      this.#deliverDue(generation);
      this.#pump();
    };
    const delayMs = next.dueMs - this.#clock.monotonicMs();
    // Even without delay nothing arrives within the call that sent it.
    if (delayMs <= 0) queueMicrotask(deliver);
    else this.#clock.schedule(delayMs, deliver);
  }

  #deliverDue(generation: number): void {
    const nowMs = this.#clock.monotonicMs();
    while (!this.#held && generation === this.#generation) {
      const next = this.#queue[0];
      if (next === undefined || next.dueMs > nowMs) return;
      this.#queue.shift();
      this.#arrive(next.message);
    }
  }
}
