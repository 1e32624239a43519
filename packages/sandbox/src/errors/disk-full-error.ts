import { SandboxError } from './sandbox-error.js';

const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;

/** The disk has too little space for what was about to be written, or a server said so. */
export class DiskFullError extends SandboxError {
  readonly path: string;
  /** Bytes wanted; `undefined` when a server ran into a full disk. */
  readonly neededBytes: number | undefined;
  /** Bytes free for this user; `undefined` when unknown. */
  readonly freeBytes: number | undefined;

  constructor(
    path: string,
    wantedBy: string,
    facts: { neededBytes?: number; freeBytes?: number; remedy: string },
  ) {
    const numbers =
      facts.neededBytes === undefined
        ? ''
        : `: ${mebibytes(facts.neededBytes)} needed, ${mebibytes(facts.freeBytes ?? 0)} free`;
    super('DISK_FULL', `no space left on the disk of ${path} for ${wantedBy}${numbers}; ${facts.remedy}`);
    this.path = path;
    this.neededBytes = facts.neededBytes;
    this.freeBytes = facts.freeBytes;
  }
}
