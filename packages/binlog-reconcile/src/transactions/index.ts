export { TornTransactionError, TransactionReleasedError } from './errors.js';
export { nativeZstd, openPayload } from './open-payload.js';
export type { GtidFilter, TransactionOptions } from './options.js';
export { classifyStatement, type StatementClass } from './statement-kind.js';
export { statementOf } from './transaction.js';
export { transactions } from './transactions.js';
