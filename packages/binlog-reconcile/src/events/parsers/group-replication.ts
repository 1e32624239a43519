import type { ByteCursor } from '../byte-cursor.js';

/** TRANSACTION_CONTEXT of group replication: what certification needs; holds no change. */
export interface TransactionContextEvent {
  readonly kind: 'transaction-context';
  readonly serverUuid: string;
  readonly threadId: number;
}

export function parseTransactionContext(cursor: ByteCursor): TransactionContextEvent {
  const uuidLength = cursor.u8();
  const threadId = cursor.u32();
  cursor.skip(1 + 2 + 4 + 4); // whether the GTID was given, length of the snapshot version, counts of both sets
  return { kind: 'transaction-context', threadId, serverUuid: cursor.latin1(uuidLength) };
}

/** VIEW_CHANGE of group replication: members came or went. */
export interface ViewChangeEvent {
  readonly kind: 'view-change';
  readonly viewId: string;
  readonly sequenceNumber: bigint;
}

export function parseViewChange(cursor: ByteCursor): ViewChangeEvent {
  const viewId = cursor.latin1(40).replace(/\0.*$/s, '');
  return { kind: 'view-change', viewId, sequenceNumber: cursor.u64() };
}
