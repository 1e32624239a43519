import type { SimHost } from '../net/sim-host.js';
import type { SimProcess } from '../time/sim-process.js';
import type { Gtids } from './gtids.js';

/** One transaction: its GTID, and the row that it inserted (0: none of a client's). */
export interface Txn {
  readonly uuid: string;
  readonly n: number;
  readonly row: number;
}

/** A receiver's connection to its source. */
export interface Link {
  readonly source: BinlogSource;
  /** The source's process at the other end. */
  readonly to: SimProcess;
  /** Acknowledges what it receives. */
  readonly semisync: boolean;
  closed: boolean;
  /** Since when nothing can be heard over it. */
  silentSinceMs: number | null;
}

/** The server at the other end: it has what it has, and takes what comes. */
export interface Receiver {
  readonly key: string;
  readonly host: SimHost;
  /** Executed, or in its relay log. */
  has(): Gtids;
  receive(link: Link, txn: Txn): void;
}

/** What a receiver can fetch from: a server, or an agent that serves a dead server's binlog. */
export interface BinlogSource {
  readonly key: string;
  readonly host: SimHost;
  /** `null`: nothing listens there. */
  readonly process: SimProcess | null;
  /** Whether a replica that has this can be served; else the error that its receiver gets. */
  refuses(replica: string, has: Gtids): string | null;
  register(link: Link, replica: Receiver): void;
  forgetReplica(replica: string, link: Link): void;
  acknowledge(replica: string, txn: Txn): void;
}
