export { engineConfigSchema, type EngineConfig, type EngineConfigInput } from './config.js';
export {
  chooseCandidate,
  type Choice,
  type ChooseOptions,
  type RefusalRule,
  type RefusedCandidate,
} from './core/candidates.js';
export { evaluate, failoverCandidates, type Action, type Evaluation } from './core/decide.js';
export { catalogue } from './core/diagnosis/catalogue.js';
export { diagnose } from './core/diagnosis/diagnose.js';
export {
  diagnosisNames,
  type Diagnosis,
  type DiagnosisName,
  type Problem,
  type Remedy,
} from './core/diagnosis/types.js';
export type { HistoryEntry, Journal, JournalStep } from './core/journal.js';
export type {
  AgentView,
  GroupView,
  Maintenance,
  MemberKey,
  MemberView,
  Opinion,
  PrimaryRecord,
  Probe,
  ProbeOutcome,
  PromotionRule,
  ReplicaChannel,
  Route,
  ServerState,
  StoreSteadiness,
  WriteStall,
} from './core/model.js';
export { readPool } from './core/read-pool.js';
export type { OperationContext, OperationOutcome, OperationResult } from './operations/context.js';
export { resumeFailover, startFailover } from './operations/failover.js';
export { AdoptionRefusedError } from './operations/adopt.js';
export {
  checkSwitchover,
  judgeSwitchover,
  SwitchoverRefusedError,
  type SwitchoverCheck,
  type SwitchoverPlan,
  type SwitchoverReport,
} from './operations/check-switchover.js';
export {
  FailoverRefusedError,
  knownLoss,
  planFailover,
  type FailoverRequest,
  type KnownLoss,
} from './operations/manual-failover.js';
export {
  planSwitchover,
  resumeSwitchover,
  startSwitchover,
  type SwitchoverRequest,
} from './operations/switchover.js';
export { hooksConfigSchema, hooksOf, type HooksConfig } from './hooks/hook-config.js';
export type { Hook, HookAnswer, HookFacts, HookResult } from './hooks/hook.js';
export {
  Group,
  GroupClosedError,
  GroupRefusedError,
  type GroupMember,
  type GroupOptions,
  type RequestOptions,
} from './embedding/group.js';
export { StoreConflictError, type GroupStore, type StoreVersion } from './embedding/group-store.js';
export { HookRunner, type HookRunnerOptions, type PreHooksVerdict } from './hooks/hook-runner.js';
export {
  OwnershipLostError,
  TaskWithdrawnError,
  type AgentControl,
  type Clock,
  type Deadline,
  type EngineLogger,
  type FollowOptions,
  type GroupLedger,
  type GroupRecords,
  type LedgerChange,
  type ManagedServerControl,
  type ServerControl,
  type SourceOptions,
} from './ports.js';
export type { GroupTask } from './shell/group-task.js';
export { mysqlControl, type MysqlControlOptions } from './shell/mysql-control.js';
export { startEngine, type EngineHandle } from './shell/engine.js';
export {
  GroupRunner,
  type Explanation,
  type GroupInputs,
  type GroupRunnerOptions,
  type MemberRecord,
} from './shell/group-runner.js';
