import type { GroupView, MemberKey } from '../model.js';

export const diagnosisNames = [
  'store-unreachable',
  'operation-in-progress',
  'no-primary-recorded',
  'two-writable-servers',
  'primary-process-gone',
  'primary-refuses',
  'primary-host-gone',
  'primary-hung',
  'whole-group-down',
  'engine-cut-off',
  'primary-unreachable-from-here',
  'primary-saturated',
  'primary-credentials-refused',
  'heartbeat-lost',
  'primary-read-only',
  'semisync-blocked',
  'replica-down',
  'replica-wrong-source',
  'replica-not-replicating',
  'replica-lagging',
  'replica-errant',
  'healthy',
] as const;

export type DiagnosisName = (typeof diagnosisNames)[number];

/** What the engine may do about a diagnosis. */
export type Remedy =
  | 'none'
  /** Tell a person. */
  | 'alert'
  | 'failover'
  /** Close every writable server but the recorded primary. */
  | 'close-others'
  /** Open the recorded primary again. */
  | 'reopen';

export interface Diagnosis {
  readonly name: DiagnosisName;
  /** Members that it is about. */
  readonly members: readonly MemberKey[];
  /** Facts that made it, in words. */
  readonly evidence: readonly string[];
  /** Engine's monotonic clock: since when the symptom has lasted, where that matters. */
  readonly sinceMs: number;
}

/** One row of the catalogue: the first that holds, in order, is the group's main problem. */
export interface Problem {
  readonly name: DiagnosisName;
  readonly what: string;
  readonly remedy: Remedy;
  /** How long the symptom must have lasted before the remedy is used, milliseconds. */
  readonly patienceMs: (view: GroupView) => number;
  /** `null` when it does not hold. */
  readonly find: (view: GroupView) => Omit<Diagnosis, 'name'> | null;
}
