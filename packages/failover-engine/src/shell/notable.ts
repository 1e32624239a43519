import type { Evaluation } from '../core/decide.js';
import type { HistoryEntry } from '../core/journal.js';
import type { GroupView } from '../core/model.js';

/** How long something must be so before it is worth an entry. */
const settledMs = 1_000;
/** So many entries at once, and one more in each of these times: operations are never pushed out of the history by them. */
const burst = 10;
const refillMs = 10 * 60_000;
const lineMax = 400;
const linesMax = 20;

/** Comes and goes in good health: told by alerts and `explain`, not by the history. */
const everyday = new Set(['replica-lagging', 'store-flapping', 'primary-saturated']);

/**
 * Which evaluations go into the history: those after which something other is wrong than before, once it has lasted, and
 * the one after which nothing is any more. Operations write entries of their own.
 */
export class NotableEvaluations {
  #written = '';
  #seen = '';
  #seenAtMs = 0;
  #tokens = burst;
  #refilledAtMs: number | null = null;

  /** The entry to be written, without its id; `null` when there is nothing new. */
  next(evaluation: Evaluation, view: GroupView): Omit<HistoryEntry, 'id'> | null {
    const { action } = evaluation;
    if (action.kind === 'failover' || action.kind === 'wait' || action.kind === 'elect') return null;
    const wrong = evaluation.alerts.filter(({ name }) => !everyday.has(name));
    const key = wrong
      .map(({ name, members }) => `${name}(${members.join(' ')})`)
      .sort()
      .join('; ');
    if (key !== this.#seen) {
      this.#seen = key;
      this.#seenAtMs = view.nowMs;
    }
    if (key === this.#written || view.nowMs - this.#seenAtMs < settledMs || !this.#mayWrite(view.nowMs))
      return null;
    const before = this.#written;
    this.#written = key;
    return {
      kind: 'decision',
      result: 'noted',
      atMs: view.wallMs,
      from: view.primary?.primary ?? null,
      to: null,
      epoch: view.primary?.epoch ?? 0,
      reason: key === '' ? `over: ${before}` : evaluation.reason.slice(0, 2_000),
      phasesMs: {},
      task: null,
      notes: [
        ...wrong.flatMap(({ name, evidence }) => evidence.map((line) => `${name}: ${line}`)),
        ...(evaluation.candidates?.refused ?? []).map(
          ({ member, reason }) => `not promoted: ${member} ${reason}`,
        ),
      ]
        .slice(0, linesMax)
        .map((line) => line.slice(0, lineMax)),
    };
  }

  #mayWrite(nowMs: number): boolean {
    this.#refilledAtMs ??= nowMs;
    const refills = Math.floor((nowMs - this.#refilledAtMs) / refillMs);
    if (refills > 0) {
      this.#tokens = Math.min(burst, this.#tokens + refills);
      this.#refilledAtMs += refills * refillMs;
    }
    if (this.#tokens === 0) return false;
    this.#tokens -= 1;
    return true;
  }
}
