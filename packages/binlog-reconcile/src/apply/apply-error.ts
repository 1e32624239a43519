/** One row's event is longer than the server takes in one statement. */
export class StatementTooLongError extends Error {
  override readonly name = 'StatementTooLongError';

  constructor(
    readonly schema: string,
    readonly table: string,
    readonly bytes: number,
    readonly bytesMax: number,
  ) {
    super(
      `A row of ${schema}.${table} needs a statement of ${bytes} bytes, and the server takes ${bytesMax}: raise ` +
        'max_allowed_packet (SET GLOBAL max_allowed_packet = 1073741824) and connect again',
    );
  }
}

/** Transactions cannot be applied as they are; nothing was changed. */
export class ApplyRefusedError extends Error {
  override readonly name = 'ApplyRefusedError';

  constructor(
    readonly gtid: string | undefined,
    /** One sentence that names what and why. */
    readonly reason: string,
  ) {
    super(`Cannot apply ${gtid ?? 'an anonymous transaction'}: ${reason}`);
  }
}
