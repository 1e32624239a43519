import { SandboxError } from '../errors/index.js';

/** A write that the database acknowledged. Times are of one monotonic clock, milliseconds. */
export interface AcknowledgedWrite {
  readonly id: number;
  readonly sentAtMs: number;
  readonly atMs: number;
  /** `server_id` of the server that acknowledged it. */
  readonly serverId: number;
}

/** Everything is kept in memory, to be compared with the database in the end. */
const writesMax = 5_000_000;

/** Remembers every acknowledged write, in the order of their acknowledgements. */
export class WriteLedger {
  readonly #writes: AcknowledgedWrite[] = [];
  #failures = 0;
  #nextId = 1;

  /** A number that no other write has. A write that failed is never tried again under its number. */
  nextId(): number {
    return this.#nextId++;
  }

  acknowledged(write: AcknowledgedWrite): void {
    if (this.#writes.length >= writesMax) {
      throw new SandboxError(
        'BAD_OPTION',
        `more than ${writesMax} writes; let the workload run for a shorter time`,
      );
    }
    this.#writes.push(write);
  }

  /** A write whose outcome is unknown, or an attempt to connect that failed. */
  failed(): void {
    this.#failures++;
  }

  get acknowledgedCount(): number {
    return this.#writes.length;
  }

  get failureCount(): number {
    return this.#failures;
  }

  get last(): AcknowledgedWrite | undefined {
    return this.#writes.at(-1);
  }

  /** The first write acknowledged after `afterMs` by a server other than `serverId`. */
  firstElsewhere(serverId: number, afterMs: number): AcknowledgedWrite | undefined {
    for (let i = this.#firstAfter(afterMs); i < this.#writes.length; i++) {
      const write = this.#writes[i]!;
      if (write.serverId !== serverId) return write;
    }
    return undefined;
  }

  /** The last write that this server acknowledged at or before `untilMs`. */
  lastOn(serverId: number, untilMs = Infinity): AcknowledgedWrite | undefined {
    for (let i = this.#firstAfter(untilMs) - 1; i >= 0; i--) {
      const write = this.#writes[i]!;
      if (write.serverId === serverId) return write;
    }
    return undefined;
  }

  /** Writes acknowledged by `serverId` after another server had acknowledged a write sent later than `sinceMs`. */
  acknowledgedLate(serverId: number, successorFirstAtMs: number): readonly AcknowledgedWrite[] {
    return this.#writes.filter((write) => write.serverId === serverId && write.sentAtMs > successorFirstAtMs);
  }

  /** Numbers of the acknowledged writes that are not among these. */
  missingFrom(present: ReadonlySet<number>): number[] {
    return this.#writes.filter(({ id }) => !present.has(id)).map(({ id }) => id);
  }

  /** Index of the first write acknowledged after this time. */
  #firstAfter(atMs: number): number {
    let low = 0;
    let high = this.#writes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#writes[middle]!.atMs <= atMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
