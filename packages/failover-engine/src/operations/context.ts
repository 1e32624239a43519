import type { GroupView, MemberKey } from '../core/model.js';
import type { AgentControl, Clock, EngineLogger, GroupLedger, ServerControl } from '../ports.js';

/** What an operation works with. It owns none of it. */
export interface OperationContext {
  readonly engineId: string;
  readonly group: string;
  readonly clock: Clock;
  readonly log: EngineLogger;
  readonly ledger: GroupLedger;
  readonly server: (key: MemberKey) => ServerControl;
  /** `null` when the member's agent is not there. */
  readonly agent: (key: MemberKey) => AgentControl | null;
  /** The newest view; taken anew at each call. */
  readonly view: () => GroupView;
  /** Called as soon as an operation has published something, so that observers look again. */
  readonly refresh: () => void;
  /** What is to stand in the history with the operation: what its hooks said. */
  readonly notes?: readonly string[];
}

export type OperationResult = 'done' | 'stood-down' | 'failed' | 'refused';

export interface OperationOutcome {
  readonly result: OperationResult;
  readonly reason: string;
  readonly phasesMs: Readonly<Record<string, number>>;
  /** What was begun; missing when nothing was. */
  readonly operation?: {
    readonly id: string;
    readonly from: MemberKey;
    /** Who is primary now, where that is another than before. */
    readonly to: MemberKey | null;
    readonly epoch: number;
    readonly requestedBy: string | null;
  };
}

/** Default deadline of one statement or write; an operation's own limits come from the group's policy. */
export const stepTimeoutMs = 3_000;

export type Settled<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: Error };

/** A promise that never rejects: what went wrong is data. */
export async function settle<T>(promise: Promise<T>): Promise<Settled<T>> {
  try {
    return { ok: true, value: await promise };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error : new Error(String(error)) };
  }
}
