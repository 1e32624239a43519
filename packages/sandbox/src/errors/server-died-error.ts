import { SandboxError } from './sandbox-error.js';

/** A server ended by itself while it was being started. */
export class ServerDiedError extends SandboxError {
  /** Name of the server within its sandbox, for example `mysql-1`. */
  readonly server: string;
  /** How it ended, for example `exit code 1` or `signal SIGABRT`. */
  readonly ending: string;
  readonly logFile: string;
  /** The last lines of its log. */
  readonly logTail: string;

  constructor(server: string, ending: string, logFile: string, logTail: string) {
    super(
      'SERVER_DIED',
      `${server} ended while starting (${ending}); the last lines of ${logFile}:\n${indent(logTail)}`,
    );
    this.server = server;
    this.ending = ending;
    this.logFile = logFile;
    this.logTail = logTail;
  }
}

function indent(text: string): string {
  return text === ''
    ? '  (the log is empty)'
    : text
        .split('\n')
        .map((line) => `  ${line}`)
        .join('\n');
}
