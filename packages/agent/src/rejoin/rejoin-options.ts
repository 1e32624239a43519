import type { MysqlInstance } from '@dcmha/mysql-instance';
import type { GroupPolicy, Logger } from '@dcmha/zk-schema';
import type { RejoinStage } from './rejoin-stage.js';
import type { RejoinStateFile } from './rejoin-state.js';

/** What was saved and, where `undone`, taken back. */
export interface SavedTransactions {
  readonly id: string;
  readonly directory: string;
  readonly gtids: string;
  readonly transactions: number;
  readonly rows: number;
  /** `schema.table`. */
  readonly tables: readonly string[];
  readonly why: string;
  readonly undone: boolean;
  /** Set when it turned out that nothing is lost: why. */
  readonly settled?: string;
}

export interface CloneSettings {
  /** Longest time for one clone. */
  readonly timeoutMs: number;
}

export interface RejoinOptions {
  readonly instance: MysqlInstance;
  /** Where the server is reached. */
  readonly address: { readonly host: string; readonly port: number };
  readonly server: string;
  readonly group: string;
  readonly mysql: { readonly user: string; readonly password: string };
  readonly replication: { readonly user: string; readonly password: string };
  readonly primary: string;
  readonly policy: GroupPolicy;
  readonly stateFile: RejoinStateFile;
  /** Folder for the files of lost transactions. */
  readonly lostDir: string;
  /** A server that replication cannot bring behind the primary is replaced by a copy of it; `null`: it stays closed. */
  readonly clone: CloneSettings | null;
  /** Called when transactions were saved: registers them for a person to judge. Must be safe to repeat. */
  readonly saved: (lost: SavedTransactions) => Promise<void>;
  /** What is being done, in words, for whoever looks. */
  readonly progress: (activity: string) => void;
  /** Waited for after each stage; for tests. */
  readonly onStage?: ((stage: RejoinStage) => Promise<void> | void) | undefined;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** What looking after a server that follows needs of them. */
export type AftercareOptions = Omit<RejoinOptions, 'policy' | 'replication' | 'clone' | 'signal'>;

export type RejoinResult =
  /** `undone`: sets of transactions that were taken back on the way. */
  | { readonly kind: 'following'; readonly detail: string; readonly undone: readonly string[] }
  /** Its data was replaced, and it comes back with a restart that somebody else sees to. */
  | { readonly kind: 'restart'; readonly detail: string }
  /** It must stay closed until somebody acts; `detail` says what is wrong and what to do. */
  | { readonly kind: 'blocked'; readonly detail: string };
