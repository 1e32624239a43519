import { checkGno, gtidSource, parseGtid, type Gtid, type GtidSource } from './gtid.js';
import { GtidSet } from './gtid-set.js';
import { insertNumber } from './intervals.js';

/**
 * Gathers single GTIDs, as they come out of a binary log, into a {@link GtidSet}. Adding in ascending order takes
 * constant time.
 */
export class GtidSetBuilder {
  readonly #sources = new Map<GtidSource, bigint[]>();

  /** Adds one GTID; adding it again changes nothing. Throws {@link GtidParseError}, RangeError. */
  add(gtid: Gtid | string): this {
    const { uuid, tag, gno } = typeof gtid === 'string' ? parseGtid(gtid) : gtid;
    insertNumber(this.#intervalsOf(uuid, tag), checkGno(gno));
    return this;
  }

  #intervalsOf(uuid: string, tag: string): bigint[] {
    const known = this.#sources.get(tag === '' ? uuid : `${uuid}:${tag}`);
    if (known !== undefined) return known;
    const source = gtidSource(uuid, tag);
    const intervals = this.#sources.get(source) ?? [];
    this.#sources.set(source, intervals);
    return intervals;
  }

  /** What was added so far; the builder can be used further. */
  build(): GtidSet {
    return GtidSet.fromCanonical([...this.#sources].map(([source, list]) => [source, [...list]] as const));
  }
}
