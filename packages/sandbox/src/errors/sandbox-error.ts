/** What went wrong, as one word to compare with. */
export type SandboxErrorCode =
  | 'MISSING_TOOL'
  | 'NEEDS_ROOT'
  | 'INSTALL_FAILED'
  | 'PORT_TAKEN'
  | 'DISK_FULL'
  | 'SERVER_DIED'
  | 'SERVER_NOT_READY'
  | 'STILL_ALIVE'
  | 'COMMAND_FAILED'
  | 'CLOSED'
  | 'BAD_STATE'
  | 'NO_SUCH_SANDBOX'
  | 'NO_SUCH_SERVER'
  | 'SANDBOX_EXISTS'
  | 'SCENE_FAILED'
  | 'BAD_OPTION';

/** The class above every error of this package: `message` says what is wrong and what to do about it. */
export class SandboxError extends Error {
  readonly code: SandboxErrorCode;

  constructor(code: SandboxErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}
