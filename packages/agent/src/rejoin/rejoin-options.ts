import type { MysqlInstance } from '@dcmha/mysql-instance';
import type { GroupPolicy, Logger } from '@dcmha/zk-schema';
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
  /** Called when transactions were saved: registers them for a person to judge. Must be safe to repeat. */
  readonly saved: (lost: SavedTransactions) => Promise<void>;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

export type RejoinResult =
  | { readonly kind: 'following'; readonly detail: string }
  /** It must stay closed until somebody acts; `detail` says what is wrong and what to do. */
  | { readonly kind: 'blocked'; readonly detail: string };
