import { SandboxError } from './sandbox-error.js';

/** A helper program (apt-get, dpkg, cp, ...) failed or took too long. */
export class CommandFailedError extends SandboxError {
  readonly command: string;
  /** `exit code N`, `signal NAME`, `no answer within N ms`, or why it could not be started. */
  readonly ending: string;
  /** The last lines of what it printed. */
  readonly output: string;

  constructor(command: string, ending: string, output: string, options?: { cause?: unknown }) {
    super(
      'COMMAND_FAILED',
      `\`${command}\` failed (${ending})${output === '' ? '' : `:\n${output}`}`,
      options,
    );
    this.command = command;
    this.ending = ending;
    this.output = output;
  }
}
