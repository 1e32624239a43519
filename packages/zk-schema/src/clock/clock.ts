/** Time, and being called later: the machine's, or that of a simulation. */
export interface Clock {
  /** Never goes back; milliseconds from an arbitrary start. */
  monotonicMs(): number;
  /** Milliseconds since 1970; may jump. */
  wallMs(): number;
  /** Runs `run` once, `delayMs` from now; the function returned cancels it. */
  schedule(delayMs: number, run: () => void): () => void;
}
