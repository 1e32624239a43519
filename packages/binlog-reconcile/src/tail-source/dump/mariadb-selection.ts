import { formatMariadbGtid, parseMariadbGtid, type MariadbGtid } from '../../gtid/mariadb-gtid.js';
import { MariadbGtidSet } from '../../gtid/mariadb-gtid-set.js';
import type { BinlogInventory } from '../inventory/binlog-inventory.js';
import { sqlErrors } from '../protocol/sql-error.js';
import type { Selection } from './selection.js';

/**
 * What a MariaDB replica lacks that names the last transaction of each domain that it has (`@slave_connect_state`): in
 * such a domain everything behind that transaction, in every other domain everything.
 *
 * A transaction that the dead server did not have is refused, as MariaDB's own server does it: the replica has gone
 * another way. Only when it goes on where the dead server ends (its last transactions were lost) there is nothing to send.
 */
export class MariadbSelection implements Selection {
  /** Domains whose last transaction of the replica was not met yet. */
  readonly #skipping = new Map<number, MariadbGtid>();
  /** Domains in which the replica lacks nothing. */
  readonly #complete = new Set<number>();
  readonly #wanted: ReadonlyMap<number, MariadbGtid>;

  /** @throws SqlError */
  constructor(
    position: MariadbGtidSet,
    private readonly inventory: BinlogInventory,
  ) {
    const { executed } = inventory;
    if (!(executed instanceof MariadbGtidSet)) {
      throw sqlErrors.fatalReading(
        'this is the binlog of a MySQL server: a MariaDB replica cannot follow by its GTIDs',
      );
    }
    this.#wanted = new Map([...position.position()].map((gtid) => [gtid.domainId, gtid]));
    for (const gtid of this.#wanted.values()) {
      const streams = [...executed].filter(({ domainId }) => domainId === gtid.domainId);
      const last = streams.at(-1);
      const stream = streams.find(({ serverId }) => serverId === gtid.serverId);
      if (last === undefined || (stream === last && gtid.sequence >= last.sequence)) {
        this.#complete.add(gtid.domainId);
      } else if (stream === undefined || gtid.sequence > stream.sequence) {
        throw sqlErrors.fatalReading(
          `Error: connecting slave requested to start from GTID ${formatMariadbGtid(gtid)}, which is not in the master's binlog (${executed.toString()})`,
        );
      } else this.#skipping.set(gtid.domainId, gtid);
    }
  }

  async firstFile(): Promise<number> {
    const index = await this.inventory.newestFile((previous) => {
      if (!(previous instanceof MariadbGtidSet)) return false;
      return [...previous.position()].every((last) => this.#isReached(last, previous));
    });
    if (index === -1) {
      throw sqlErrors.fatalReading(
        'Could not find GTID state requested by slave in any binlog files. Probably the slave state is too old and ' +
          `required binlog files have been purged (the oldest one is ${this.inventory.firstFile})`,
      );
    }
    // What the files before this one end with is not met in it.
    const { previous } = await this.inventory.head(index);
    if (previous instanceof MariadbGtidSet) {
      for (const last of previous.position()) {
        const wanted = this.#skipping.get(last.domainId);
        if (wanted !== undefined && isSame(wanted, last)) this.#skipping.delete(last.domainId);
      }
    }
    return index;
  }

  wants(text: string): boolean {
    const gtid = parseMariadbGtid(text);
    if (this.#complete.has(gtid.domainId)) return false;
    const skipTo = this.#skipping.get(gtid.domainId);
    if (skipTo === undefined) return true;
    if (isSame(skipTo, gtid)) this.#skipping.delete(gtid.domainId);
    return false;
  }

  finish(): void {
    const [lost] = this.#skipping.values();
    if (lost === undefined) return;
    throw sqlErrors.fatalReading(
      `Error: connecting slave requested to start from GTID ${formatMariadbGtid(lost)}, which is not in the master's binlog`,
    );
  }

  /** Whether the replica has everything of a domain that lies before a file whose list says `last`. */
  #isReached(last: MariadbGtid, previous: MariadbGtidSet): boolean {
    if (this.#complete.has(last.domainId)) return true;
    const wanted = this.#wanted.get(last.domainId);
    if (wanted === undefined) return false;
    if (isSame(wanted, last)) return true;
    const before = [...previous].find(
      ({ domainId, serverId }) => domainId === wanted.domainId && serverId === wanted.serverId,
    );
    return before === undefined || before.sequence < wanted.sequence;
  }
}

function isSame(a: MariadbGtid, b: MariadbGtid): boolean {
  return a.domainId === b.domainId && a.serverId === b.serverId && a.sequence === b.sequence;
}
