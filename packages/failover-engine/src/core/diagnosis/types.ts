import type { GroupPolicy } from '@dcmha/zk-schema';
import type { GroupView, MemberKey } from '../model.js';

export const diagnosisNames = [
  'store-unreachable',
  'operation-in-progress',
  'policy-refused',
  'maintenance-over',
  'primary-not-a-member',
  'no-primary',
  'no-primary-undecided',
  'engine-cut-off',
  'whole-group-down',
  'primary-process-gone',
  'primary-unreachable-from-here',
  'primary-refuses',
  'primary-host-gone',
  'primary-hung',
  'primary-disk-full',
  'primary-writes-stalled',
  'two-writable-servers',
  'replica-writable',
  'primary-read-only',
  'primary-settings-lost',
  'primary-in-doubt',
  'primary-saturated',
  'primary-credentials-refused',
  'primary-writes-locked',
  'heartbeat-lost',
  'semisync-blocked',
  'semisync-at-limit',
  'replica-down',
  'replica-diverged',
  'replica-errant',
  'replica-wrong-source',
  'replica-not-replicating',
  'replica-lagging',
  'replica-not-acknowledging',
  'store-flapping',
  'healthy',
] as const;

export type DiagnosisName = (typeof diagnosisNames)[number];

/** What the engine may do about a diagnosis. */
export type Remedy =
  /** Nothing, and nothing else either. */
  | 'none'
  /** Tell a person. */
  | 'alert'
  | 'failover'
  /** Close every writable server but the recorded primary. */
  | 'close-others'
  /** Open the recorded primary again. */
  | 'reopen'
  /** Give the primary back the settings of a source (durability, semi-sync). */
  | 'restore-settings'
  /** Make the most complete member of a new group its primary. */
  | 'elect'
  /** End maintenance: record the primary that a person left. */
  | 'adopt';

export interface Diagnosis {
  readonly name: DiagnosisName;
  /** Members that it is about. */
  readonly members: readonly MemberKey[];
  /** Facts that made it, in words. */
  readonly evidence: readonly string[];
  /** Engine's monotonic clock: since when the symptom has lasted, where that matters. */
  readonly sinceMs: number;
}

/** One row of the catalogue. */
export interface Problem {
  readonly name: DiagnosisName;
  readonly what: string;
  readonly remedy: Remedy;
  /** How long the symptom must have lasted before the remedy is used: this key of the policy's `patience`; `null`: at once. */
  readonly patience: keyof GroupPolicy['patience'] | null;
  /** While it holds no problem below it is acted on, whatever the remedy. */
  readonly conclusive: boolean;
  /** The remedy waits for the second opinions that can be had. */
  readonly asksOthers: boolean;
  /** `null` when it does not hold. */
  readonly find: (view: GroupView) => Omit<Diagnosis, 'name'> | null;
}

export function patienceMs(problem: Problem, view: GroupView): number {
  return problem.patience === null ? 0 : view.policy.patience[problem.patience];
}
