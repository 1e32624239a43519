import { SandboxError } from './sandbox-error.js';

/** A server runs but did not answer in time. */
export class ServerNotReadyError extends SandboxError {
  readonly server: string;
  readonly timeoutMs: number;
  readonly logFile: string;
  readonly logTail: string;

  constructor(
    server: string,
    facts: { timeoutMs: number; lastAnswer: string; logFile: string; logTail: string },
  ) {
    super(
      'SERVER_NOT_READY',
      `${server} was not ready within ${facts.timeoutMs} ms (last answer: ${facts.lastAnswer}); ` +
        `the last lines of ${facts.logFile}:\n${facts.logTail}`,
    );
    this.server = server;
    this.timeoutMs = facts.timeoutMs;
    this.logFile = facts.logFile;
    this.logTail = facts.logTail;
  }
}
