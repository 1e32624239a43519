import type { Network } from '../net/network.js';
import type { SimHost } from '../net/sim-host.js';
import type { SimProcess } from '../time/sim-process.js';
import type { BinlogSource, Link, Receiver, Txn } from './binlog-source.js';
import type { Gtids } from './gtids.js';
import type { Disk } from './sim-mysqld.js';

/** An agent that serves the binlog of a dead server from its disk. */
export class SimTail implements BinlogSource {
  readonly host: SimHost;

  constructor(
    readonly key: string,
    readonly agent: SimProcess,
    private readonly disk: Disk,
    private readonly network: Network,
  ) {
    this.host = agent.host;
  }

  get process(): SimProcess | null {
    return this.agent.dead ? null : this.agent;
  }

  refuses(replica: string, has: Gtids): string | null {
    return has.contains(this.disk.purged) ? null : `1236 the tail of ${this.key} lacks what ${replica} needs`;
  }

  register(link: Link, replica: Receiver): void {
    const has = replica.has();
    let lastMs = 0;
    for (const txn of this.disk.binlog) {
      if (has.has(txn.uuid, txn.n)) continue;
      const dueMs = this.network.transmit(this.host, replica.host, lastMs, () => {
        if (!link.closed) replica.receive(link, txn);
      });
      if (Number.isFinite(dueMs)) lastMs = dueMs;
    }
  }

  forgetReplica(_replica: string, _link: Link): void {
    // It keeps nothing of its replicas.
  }

  acknowledge(_replica: string, _txn: Txn): void {
    // Nobody waits for it.
  }
}
