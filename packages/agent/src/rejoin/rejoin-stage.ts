/** The points of a rejoin between which it may die, in their order. Each is passed once its effect is durable. */
export const rejoinStages = [
  /** Nothing is applied from a source any more. */
  'applier-stopped',
  /** The state on disk says what is about to be saved. */
  'save-noted',
  /** The files of the transactions are on disk. */
  'saved',
  /** ZooKeeper knows of them. */
  'registered',
  /** The state on disk says what is about to be undone. */
  'undo-noted',
  /** The server takes writes of this account. */
  'opened',
  /** All rows are as they were, in a transaction that is not committed. */
  'undo-ready',
  'undo-committed',
  'closed',
  /** ZooKeeper knows that they were taken back. */
  'undo-registered',
  /** The state on disk says what the data holds. */
  'forget-noted',
  /** Binary logs and GTIDs are gone. */
  'reset',
  /** `gtid_purged` says what the data holds. */
  'purged-set',
  'follow-noted',
  'following',
  /** The touched rows were compared with the primary's. */
  'compared',
] as const;

export type RejoinStage = (typeof rejoinStages)[number];
