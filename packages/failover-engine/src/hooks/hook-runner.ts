import type { Clock, EngineLogger } from '../ports.js';
import { hookDetailMax, hookResultText, type Hook, type HookFacts, type HookResult } from './hook.js';

export interface HookRunnerOptions {
  readonly hooks: ReadonlyMap<string, Hook>;
  readonly clock: Clock;
  readonly log: EngineLogger;
}

export interface PreHooksVerdict {
  /** Why the operation must not be begun; `null`: it may. */
  readonly veto: string | null;
  readonly results: readonly HookResult[];
}

/** Operations whose hooks wait to be run; what comes on top of them is dropped, and said. */
const queueMax = 200;
const parallelMax = 4;

interface Waiting {
  readonly names: readonly string[];
  readonly facts: HookFacts;
  readonly told: (results: readonly HookResult[]) => void;
}

/** Runs the hooks of all groups of an engine: those before an operation at once, those after it behind its back. */
export class HookRunner {
  readonly #o: HookRunnerOptions;
  readonly #waiting: Waiting[] = [];
  readonly #closed = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(options: HookRunnerOptions) {
    this.#o = options;
  }

  get names(): readonly string[] {
    return [...this.#o.hooks.keys()];
  }

  /** One after the other, until the first veto. `onFailure`: what a hook means that fails or does not end in time. */
  async before(
    names: readonly string[],
    facts: HookFacts,
    onFailure: 'ignore' | 'veto',
  ): Promise<PreHooksVerdict> {
    const results: HookResult[] = [];
    for (const name of names) {
      const result = await this.#run(name, facts);
      results.push(result);
      if (result.outcome === 'veto' || (result.outcome !== 'ok' && onFailure === 'veto')) {
        const how =
          result.outcome === 'veto' ? 'vetoes' : `is ${result.outcome}, which the policy makes a veto`;
        return { veto: `hook ${name} ${how}: ${result.detail || 'no reason given'}`, results };
      }
    }
    return { veto: null, results };
  }

  /** Returns at once. `told` is called with the results, in some later turn, unless the runner is closed before. */
  after(names: readonly string[], facts: HookFacts, told: Waiting['told']): void {
    if (names.length === 0 || this.#closed.signal.aborted) return;
    if (this.#waiting.length >= queueMax) {
      const detail = `${queueMax} operations wait for their hooks already`;
      this.#o.log.error(`hooks of ${facts.group} are not run: ${detail}`, { group: facts.group });
      told(names.map((name) => ({ name, outcome: 'failed', detail, tookMs: 0 })));
      return;
    }
    this.#waiting.push({ names, facts, told });
    this.#next();
  }

  /** Ends what runs; what waits is dropped. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#waiting.length = 0;
    await Promise.all(this.#running);
  }

  #next(): void {
    while (this.#running.size < parallelMax) {
      const one = this.#waiting.shift();
      if (one === undefined) return;
      const running = this.#runAll(one).finally(() => {
        this.#running.delete(running);
        this.#next();
      });
      this.#running.add(running);
    }
  }

  async #runAll({ names, facts, told }: Waiting): Promise<void> {
    const results: HookResult[] = [];
    for (const name of names) {
      if (this.#closed.signal.aborted) return;
      results.push(await this.#run(name, facts));
    }
    if (!this.#closed.signal.aborted) told(results);
  }

  /** Never rejects, and ends within the hook's time, whatever the hook does. */
  async #run(name: string, facts: HookFacts): Promise<HookResult> {
    const { clock, hooks, log } = this.#o;
    const hook = hooks.get(name);
    const startedAtMs = clock.monotonicMs();
    const done = (outcome: HookResult['outcome'], detail: string): HookResult => {
      const result = {
        name,
        outcome,
        detail: detail.slice(0, hookDetailMax),
        tookMs: clock.monotonicMs() - startedAtMs,
      };
      log[outcome === 'ok' ? 'info' : 'warn'](hookResultText(result), {
        group: facts.group,
        operation: facts.id,
        point: facts.point,
      });
      return result;
    };
    if (hook === undefined) return done('failed', 'no hook of this name is configured');
    const stop = new AbortController();
    const closed = (): void => stop.abort();
    this.#closed.signal.addEventListener('abort', closed, { once: true });
    const stopped = new Promise<null>((resolve) => {
      stop.signal.addEventListener('abort', () => resolve(null), { once: true });
    });
    if (this.#closed.signal.aborted) stop.abort();
    const ended = new AbortController();
    const late = clock.sleep(hook.timeoutMs, ended.signal).then((): HookResult | null => {
      if (ended.signal.aborted) return null;
      return done('timed-out', `it did not end within ${hook.timeoutMs} ms`);
    });
    const ran = (async (): Promise<HookResult | null> => {
      try {
        const { ok, detail } = await hook.run(facts, stop.signal);
        return stop.signal.aborted ? null : done(ok ? 'ok' : 'veto', detail);
      } catch (error) {
        return stop.signal.aborted
          ? null
          : done('failed', error instanceof Error ? error.message : String(error));
      }
    })();
    try {
      const first = await Promise.race([ran, late, stopped]);
      if (first !== null) return first;
      return done('failed', 'the engine was closed');
    } finally {
      stop.abort();
      ended.abort();
      this.#closed.signal.removeEventListener('abort', closed);
    }
  }
}
