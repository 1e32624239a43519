/**
 * When what passed over the present connection, by a monotonic clock in milliseconds. The shell keeps it, the session
 * machine only reads it.
 */
export interface Traffic {
  /** When any bytes last came. */
  lastReceivedAtMs: number;
  /** When an answer (not a watch event) last came. */
  lastAnsweredAtMs: number;
  /** When anything was last sent. */
  lastSentAtMs: number;
  /** When the oldest request that has no answer yet was sent; `null` when all are answered. */
  oldestUnansweredSentAtMs: number | null;
  /** When the youngest request that has been answered was *sent*: the lease of the session counts from here. */
  leaseFromMs: number;
  /** Newest transaction this session has seen. */
  lastZxid: bigint;
}
