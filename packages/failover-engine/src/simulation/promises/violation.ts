export type PromiseName = 'P1' | 'P2' | 'P3' | 'P4' | 'P5';

/** A promise that was broken, and by what. */
export interface Violation {
  readonly promise: PromiseName;
  readonly what: string;
  /** Rows, where it is about rows. */
  readonly rows: readonly number[];
}
