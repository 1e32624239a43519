/** What the command tells its caller; README.md documents them. */
export const ExitCode = {
  ok: 0,
  /** The operation was tried and failed, or was refused. */
  failed: 1,
  /** Wrong arguments, or a configuration file that cannot be used: nothing was tried. */
  usage: 2,
  /** ZooKeeper, a server or a daemon that is needed cannot be reached: nothing is known to have changed. */
  unreachable: 3,
  /** It was asked for, but did not end in the time given: it may still happen. */
  timedOut: 4,
  /** Ended by SIGINT (128 + 2), as shells have it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
