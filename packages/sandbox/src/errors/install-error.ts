import { SandboxError } from './sandbox-error.js';

/** A step of the installation failed. */
export class InstallError extends SandboxError {
  /** The step, for example `download MySQL`. */
  readonly step: string;

  constructor(step: string, detail: string, options?: { cause?: unknown }) {
    super('INSTALL_FAILED', `could not ${step}: ${detail}`, options);
    this.step = step;
  }
}
