import { performance } from 'node:perf_hooks';
import type { Clock } from './clock.js';

/** The machine's clock. Its timers keep no process alive. */
export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  schedule: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
