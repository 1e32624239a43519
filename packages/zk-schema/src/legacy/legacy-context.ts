import type { Stat } from '@dcmha/zk-client';

/** What the original system knows of a host: the value of its `meta/host/<host with dashes>`. */
export interface LegacyHostMeta {
  readonly group: string;
  readonly port: number;
}

/** What a value of the original system is read with: much of it means something only with its surroundings. */
export interface LegacyContext {
  /** Variable parts of the node's path. */
  readonly params: Readonly<Record<string, string>>;
  readonly stat: Stat;
  /** @throws LegacyValueError when the host has no (readable) `meta/host` node. */
  readonly hostMeta: (host: string) => Promise<LegacyHostMeta>;
}

/** A value that is none that the original system writes. */
export class LegacyValueError extends Error {
  override readonly name = 'LegacyValueError';
}
