import type { HookPoint } from '@dcmha/zk-schema';
import type { MemberKey } from '../core/model.js';

/** What a hook is told. */
export interface HookFacts {
  readonly point: HookPoint;
  readonly group: string;
  readonly operation: 'failover' | 'switchover';
  /** Of the operation; the same before and after it. */
  readonly id: string;
  /** The old primary. */
  readonly from: MemberKey | null;
  /** The new one; `null` before a failover, when it is not chosen yet. */
  readonly to: MemberKey | null;
  readonly epoch: number;
  readonly reason: string;
  /** Who asked for it; `null` when the engine decided itself. */
  readonly requestedBy: string | null;
  readonly engine: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** After the operation: how it ended, and how long each phase took. */
  readonly result?: string;
  readonly phasesMs?: Readonly<Record<string, number>>;
}

export interface HookAnswer {
  /** `false` is a veto, where the hook runs before an operation. */
  readonly ok: boolean;
  /** What it said, for the history. */
  readonly detail: string;
}

/**
 * Something of the installation that is run before or after an operation. Rejects when it could not do its work; that is
 * no veto, unless the policy of the group says so (`hookFailure`).
 */
export interface Hook {
  readonly timeoutMs: number;
  run(facts: HookFacts, signal: AbortSignal): Promise<HookAnswer>;
}

export interface HookResult {
  readonly name: string;
  readonly outcome: 'ok' | 'veto' | 'timed-out' | 'failed';
  readonly detail: string;
  readonly tookMs: number;
}

/** Output of a hook beyond this is dropped, characters. */
export const hookDetailMax = 1_000;

export function hookResultText({ name, outcome, detail, tookMs }: HookResult): string {
  const said = detail === '' ? '' : `: ${detail}`;
  return `hook ${name} ${outcome === 'ok' ? 'done' : outcome} after ${Math.round(tookMs)} ms${said}`;
}
