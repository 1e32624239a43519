import { BinlogError } from '../events/errors.js';
import type { TornTransaction } from '../rows/model.js';

/** The source ends inside a transaction. Everything before it is whole, and was handed out. */
export class TornTransactionError extends BinlogError {
  constructor(readonly torn: TornTransaction) {
    const { gtid, start, end, eventCount, eventCut } = torn;
    const what = gtid === undefined ? 'the transaction' : `transaction ${gtid}`;
    super(
      eventCount === 0 && eventCut
        ? `an event is cut off: the file ends at ${end.position}, inside it`
        : `${what} that begins here is cut off at ${end.file}:${end.position}, behind ${eventCount} of its events` +
            `${eventCut ? ' and a part of another' : ''}: its server crashed, or still writes it; ` +
            'give `onTorn` to go on without it',
      start,
    );
  }
}

/** A transaction too large for memory was read from its temporary file after the next one was asked for. */
export class TransactionReleasedError extends Error {
  constructor(readonly gtid: string | undefined) {
    super(
      `transaction ${gtid ?? '(anonymous)'} is larger than memoryBytesMax and was kept in a temporary file, which is ` +
        'gone once the next transaction is asked for: use it before that, or read from files',
    );
    this.name = 'TransactionReleasedError';
  }
}
