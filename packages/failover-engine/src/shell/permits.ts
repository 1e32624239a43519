export interface Permit {
  /** It was not to be had at once: what was decided before may be out of date. */
  readonly waited: boolean;
  release(): void;
}

/**
 * So many at a time, in the order they asked. Limits how many operations one engine carries out at once, so that a hundred
 * groups that fail together do not starve each other of CPU and connections.
 */
export class Permits {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** @throws the signal's reason when it aborts first */
  async take(signal: AbortSignal): Promise<Permit> {
    signal.throwIfAborted();
    if (this.#free > 0) {
      this.#free -= 1;
      return this.#permit(false);
    }
    await new Promise<void>((resolve, reject) => {
      const granted = (): void => {
        signal.removeEventListener('abort', gaveUp);
        resolve();
      };
      const gaveUp = (): void => {
        const index = this.#waiting.indexOf(granted);
        if (index !== -1) this.#waiting.splice(index, 1);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', gaveUp, { once: true });
      this.#waiting.push(granted);
    });
    return this.#permit(true);
  }

  #permit(waited: boolean): Permit {
    let held = true;
    return {
      waited,
      release: () => {
        if (!held) return;
        held = false;
        const next = this.#waiting.shift();
        if (next === undefined) this.#free += 1;
        else next();
      },
    };
  }
}
