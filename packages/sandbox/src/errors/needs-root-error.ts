import { SandboxError } from './sandbox-error.js';

/** Packages of the system are missing, and neither root nor a sudo that asks no password is there. */
export class NeedsRootError extends SandboxError {
  /** Debian packages that are missing. */
  readonly packages: readonly string[];
  /** The exact line to run by hand. */
  readonly commandLine: string;

  constructor(packages: readonly string[], commandLine: string) {
    super(
      'NEEDS_ROOT',
      `these packages are missing and need root to install: ${packages.join(' ')}\nrun this, then try again:\n  ${commandLine}`,
    );
    this.packages = packages;
    this.commandLine = commandLine;
  }
}
