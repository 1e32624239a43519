import type { RowChangeKind } from '../../rows/model.js';

/** How what the server has differs from what it must have for a change to be applied or undone. */
export type ConflictKind =
  /** The row that is to be changed or deleted is not there. */
  | 'missing'
  /** It is there, but other columns differ. */
  | 'changed'
  /** A row with the key that is to be inserted is there already. */
  | 'exists'
  /** Another row has the value of a unique key. */
  | 'duplicate-key'
  /** A foreign key forbids it. */
  | 'foreign-key';

/** A value as a report shows it: text, or bytes in hex; null for NULL. */
export type ShownValue = string | { readonly hex: string } | null;

/** A row as a report shows it, by column name. */
export type ShownRow = Readonly<Record<string, ShownValue>>;

/** One row that cannot be changed without overwriting something. */
export interface RowConflict {
  readonly kind: ConflictKind;
  readonly schema: string;
  readonly table: string;
  /** GTID of the transaction that holds the change. */
  readonly gtid: string | undefined;
  /** What the change is in the binlog. */
  readonly change: RowChangeKind;
  /** The values of the row's key; undefined where the table has none. */
  readonly key: ShownRow | undefined;
  /** What should be there; undefined: no such row. */
  readonly expected: ShownRow | undefined;
  /** What is there; undefined: no such row, or not known. */
  readonly found: ShownRow | undefined;
  /** Names of the columns that differ (`changed`). */
  readonly differing: readonly string[];
  /** One sentence. */
  readonly message: string;
}
