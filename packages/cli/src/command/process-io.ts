import type { Io } from './io.js';

/** The real process. The first SIGINT, SIGTERM or SIGHUP asks the command to end, the second ends it at once. */
export function processIo(): { io: Io; release(): void } {
  const abort = new AbortController();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const onSignal = (name: NodeJS.Signals): void => {
    if (abort.signal.aborted) process.exit(name === 'SIGINT' ? 130 : 143);
    abort.abort(name);
  };
  for (const signal of signals) process.on(signal, onSignal);
  // A reader that has seen enough (`dcmha ... | head`) is not an error.
  const onError = (error: NodeJS.ErrnoException): void => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  };
  process.stdout.on('error', onError);
  return {
    io: {
      stdin: process.stdin,
      stdout: process.stdout,
      stderr: process.stderr,
      env: process.env,
      signal: abort.signal,
    },
    release() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
