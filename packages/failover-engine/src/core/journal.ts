import type { MemberKey } from './model.js';

/**
 * How far an unfinished operation got. Written before the step it names begins, so that whoever reads it knows what may
 * have happened:
 * - `preparing` (switchover): replicas may follow the target; nothing else was touched;
 * - `closing`: the route may be closed, the old primary closed, receivers stopped; no successor yet;
 * - `promoting`: the successor is recorded in `master` (the point of no return); it may or may not be open;
 * - `finishing`: the successor is open and routed; followers and clean-up remain;
 * - `standing-down`: no successor was recorded and none will be; the old primary gets its writes back.
 *
 * An election begins at `promoting`, with the elected member as `oldPrimary` too: there was none before.
 */
export type JournalStep = 'preparing' | 'closing' | 'promoting' | 'finishing' | 'standing-down';

export interface Journal {
  readonly operation: 'failover' | 'switchover' | 'election';
  readonly id: string;
  readonly step: JournalStep;
  /** Of the successor. */
  readonly epoch: number;
  readonly oldPrimary: MemberKey;
  readonly candidate: MemberKey | null;
  /** Engine that wrote this. */
  readonly owner: string;
  /** Wall clock. */
  readonly startedAtMs: number;
  /** When each phase was reached, milliseconds after `startedAtMs`. */
  readonly phasesMs: Readonly<Record<string, number>>;
  readonly reason: string;
  readonly requestedBy: string | null;
  readonly task: string | null;
  /** Only this member will do (asked for by a person). */
  readonly target: MemberKey | null;
  /** A person accepts that transactions are lost which are known to be missing: nothing waits for them. */
  readonly allowDataLoss: boolean;
}

export interface HistoryEntry {
  readonly kind: string;
  readonly result: 'done' | 'stood-down' | 'failed' | 'refused' | 'noted';
  readonly id: string;
  readonly atMs: number;
  readonly from: MemberKey | null;
  readonly to: MemberKey | null;
  readonly epoch: number;
  readonly reason: string;
  readonly phasesMs: Readonly<Record<string, number>>;
  readonly task: string | null;
  /** Who asked for it; missing when the engine decided itself. */
  readonly requestedBy?: string | null;
  /** Members and what went wrong with them, warnings, refused candidates. */
  readonly notes: readonly string[];
}
