export interface DemoEvent {
  readonly kind: 'failover' | 'switchover';
  /**
   * Write downtime, milliseconds. Failover: from the kill of the old primary to the first write that the new one
   * acknowledged. Switchover: from the last write that the old primary acknowledged to the first that the new one did.
   */
  readonly downtimeMs: number;
  /** When each phase was reached: milliseconds after the kill (failover), or after the engine began (switchover). */
  readonly phasesMs: Readonly<Record<string, number>>;
  readonly from: string;
  readonly to: string;
}

export interface DemoResult {
  readonly events: readonly DemoEvent[];
  readonly ackedWrites: number;
  /** Acknowledged writes that are not on the final primary. */
  readonly lostWrites: number;
  readonly reads: number;
  /** Every promise was kept. */
  readonly ok: boolean;
  /** Which promises were broken, in words. */
  readonly problems: readonly string[];
}
