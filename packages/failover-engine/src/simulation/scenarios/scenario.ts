import type { RunResult } from '../run.js';
import type { Setup } from '../setup.js';

/** A disaster that has happened to somebody, with what must come of it. */
export interface Scenario {
  readonly name: string;
  /** What happens, and where it is known from. */
  readonly what: string;
  readonly setup: Setup;
  /** What must hold beside the promises; `null` when it does, else what is wrong. */
  readonly expect: (result: RunResult) => string | null;
}
