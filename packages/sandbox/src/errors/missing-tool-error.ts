import { SandboxError } from './sandbox-error.js';

/** A program that the sandbox needs is not on this machine. */
export class MissingToolError extends SandboxError {
  /** The program, for example `haproxy`. */
  readonly tool: string;
  /** What to do, for example the line to run. */
  readonly remedy: string;

  constructor(tool: string, remedy: string, options?: { cause?: unknown }) {
    super('MISSING_TOOL', `${tool} is not on this machine: ${remedy}`, options);
    this.tool = tool;
    this.remedy = remedy;
  }
}
