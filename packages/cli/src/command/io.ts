import type { Readable, Writable } from 'node:stream';

/** What a run of the command has of the world: replaced in tests. */
export interface Io {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts when the person gives up (Ctrl-C) or the system ends us (SIGTERM); the reason is the signal's name. */
  readonly signal: AbortSignal;
}
