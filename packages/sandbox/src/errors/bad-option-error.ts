import { SandboxError } from './sandbox-error.js';

/** The caller asked for something that cannot be. */
export class BadOptionError extends SandboxError {
  readonly option: string;

  constructor(option: string, detail: string) {
    super('BAD_OPTION', `${option}: ${detail}`);
    this.option = option;
  }
}
