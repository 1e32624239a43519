import { GtidSet } from './gtid-set.js';
import { MariadbGtidSet } from './mariadb-gtid-set.js';

const MARIADB_GTID = /^[\s,]*[0-9]{1,10}-[0-9]{1,10}-[0-9]{1,20}\s*(,|$)/;

/**
 * Reads a text of either flavour: MariaDB's if it begins with `number-number-number`, else MySQL's. The empty text is
 * the empty MySQL set. Throws {@link GtidParseError}.
 */
export function parseAnyGtidSet(text: string): GtidSet | MariadbGtidSet {
  return MARIADB_GTID.test(text) ? MariadbGtidSet.parse(text) : GtidSet.parse(text);
}

/** Two sets of one flavour; an empty set fits either. Throws {@link MixedGtidFlavorsError}. */
export function parseGtidSetPair(
  left: string,
  right: string,
):
  | { readonly flavor: 'mysql'; readonly left: GtidSet; readonly right: GtidSet }
  | {
      readonly flavor: 'mariadb';
      readonly left: MariadbGtidSet;
      readonly right: MariadbGtidSet;
    } {
  const [a, b] = [parseAnyGtidSet(left), parseAnyGtidSet(right)];
  if (a instanceof GtidSet && b instanceof GtidSet) return { flavor: 'mysql', left: a, right: b };
  return { flavor: 'mariadb', left: asMariadb(a, left), right: asMariadb(b, right) };
}

/** A MySQL set and a MariaDB set cannot be compared. */
export class MixedGtidFlavorsError extends Error {
  override readonly name = 'MixedGtidFlavorsError';

  constructor(
    /** The text that is a MySQL set while the other is MariaDB's. */
    readonly mysqlText: string,
  ) {
    super(
      `Cannot combine a MariaDB position with the MySQL GTID set ${mysqlText}; give two sets of one flavour`,
    );
  }
}

function asMariadb(set: GtidSet | MariadbGtidSet, text: string): MariadbGtidSet {
  if (set instanceof MariadbGtidSet) return set;
  if (set.isEmpty) return MariadbGtidSet.empty;
  throw new MixedGtidFlavorsError(text);
}
