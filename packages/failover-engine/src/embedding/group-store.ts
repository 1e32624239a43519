/**
 * Where an embedding program keeps what a group remembers: one text of a few kilobytes for each group, in any store that
 * has a compare-and-set (a row with a version column, an etcd or Consul key, a file under a lock).
 *
 * The contract, on which "never two primaries" rests: `save` succeeds only while `over` is the version that is there, and
 * what it has written is durable and is what every later `load` returns, from whichever process.
 */
export interface GroupStore {
  /** `null` while nothing was saved. */
  load(): Promise<{ readonly text: string; readonly version: StoreVersion } | null>;
  /**
   * Writes while `over` is the version that is there (`null`: while there is nothing).
   * @returns the new version.
   * @throws StoreConflictError when it is another. Any other error may mean that it was written or not.
   */
  save(text: string, over: StoreVersion | null): Promise<StoreVersion>;
}

export type StoreVersion = string | number | bigint;

/** Somebody else has written since this version was read. */
export class StoreConflictError extends Error {
  override readonly name = 'StoreConflictError';
  constructor(readonly over: StoreVersion | null) {
    super(`version ${over === null ? 'none' : String(over)} is not what is there; read again`);
  }
}
