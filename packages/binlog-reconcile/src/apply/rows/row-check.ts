import type { RowChange, RowImage } from '../../rows/model.js';
import type { SqlSession } from '../connection/sql-connection.js';
import type { ConflictKind, RowConflict, ShownRow } from './row-conflict.js';
import { countLike, fetchByKeys } from './fetch-rows.js';
import type { TableAccess } from './table-access.js';

/** Forward (as the source did it) or backward. */
export type Direction = 'redo' | 'undo';

/** One change as it is to happen on the server: what must be there before, and what is there afterwards. */
export interface PlannedChange {
  readonly gtid: string | undefined;
  readonly access: TableAccess;
  readonly change: RowChange;
  /** The row that must be there; undefined when the change inserts. */
  readonly expects: RowImage | undefined;
  /** The row that is there afterwards; undefined when the change deletes. */
  readonly leaves: RowImage | undefined;
}

/** A change made again, or taken back. */
export function plannedChange(
  gtid: string | undefined,
  access: TableAccess,
  change: RowChange,
  direction: Direction,
): PlannedChange {
  const { before, after } = change;
  return direction === 'undo'
    ? { gtid, access, change, expects: after, leaves: before }
    : { gtid, access, change, expects: before, leaves: after };
}

/**
 * Checks that changes, one after another, find exactly the rows that they expect. Only what the server must have before
 * the first of them is read from it (and locked, if wanted); how one change builds on an earlier one is followed in
 * memory. {@link forget} when the changes were carried out.
 */
export class RowCheck {
  /** By table, then key: the row as the changes so far leave it; null = none. */
  readonly #rows = new Map<TableAccess, Map<string, RowImage | null>>();
  /** By table without key, then content: how many such rows the changes so far have left over. */
  readonly #left = new Map<TableAccess, Map<string, number>>();
  /** By table without key, then content: how many such rows of the server the changes so far have used up. */
  readonly #used = new Map<TableAccess, Map<string, number>>();

  constructor(
    private readonly session: SqlSession,
    private readonly options: { readonly lock: boolean; readonly conflictsMax: number },
  ) {}

  /** The conflicts of these changes, which follow the ones before. Throws what the server answers. */
  async check(changes: readonly PlannedChange[]): Promise<RowConflict[]> {
    const conflicts: RowConflict[] = [];
    const keyed = new Map<TableAccess, Map<string, Wanted>>();
    const keyless = new Map<
      TableAccess,
      Map<string, { planned: PlannedChange; image: RowImage; count: number }>
    >();
    for (const planned of changes) {
      if (planned.access.keyed) this.#followKeyed(planned, keyed, conflicts);
      else this.#followKeyless(planned, keyless);
    }
    for (const [access, wanted] of keyed) await this.#askForKeys(access, [...wanted.values()], conflicts);
    for (const [access, wanted] of keyless) {
      const used = entry(this.#used, access);
      for (const [content, { planned, image, count }] of wanted) {
        if (conflicts.length >= this.options.conflictsMax) return conflicts;
        const found = await countLike(this.session, access, image, this.options.lock);
        const needed = (used.get(content) ?? 0) + count;
        used.set(content, needed);
        if (found < needed) {
          conflicts.push(
            conflict('missing', planned, image, undefined, [], `${found} such rows, ${needed} needed`),
          );
        }
      }
    }
    return conflicts.slice(0, this.options.conflictsMax);
  }

  /** Forgets what the changes so far lead to: the server has it now. */
  forget(): void {
    this.#rows.clear();
    this.#left.clear();
    this.#used.clear();
  }

  #followKeyed(
    planned: PlannedChange,
    keyed: Map<TableAccess, Map<string, Wanted>>,
    conflicts: RowConflict[],
  ): void {
    const { access, expects, leaves } = planned;
    const state = entry(this.#rows, access);
    const wanted = entry(keyed, access);
    const oldKey = expects === undefined ? undefined : access.keyOf(expects);
    const newKey = leaves === undefined ? undefined : access.keyOf(leaves);
    if (expects !== undefined && oldKey !== undefined) {
      const known = state.get(oldKey);
      if (known === undefined) wanted.set(oldKey, { planned, image: expects, present: true });
      else this.#compareKnown(planned, expects, known, conflicts);
    }
    if (leaves !== undefined && newKey !== undefined && newKey !== oldKey) {
      const known = state.get(newKey);
      if (known === undefined) {
        wanted.set(newKey, { planned, image: leaves, present: false });
      } else if (known !== null) {
        conflicts.push(
          conflict('exists', planned, leaves, access.showImage(known), [], 'there is a row with this key'),
        );
      }
    }
    if (oldKey !== undefined) state.set(oldKey, null);
    if (newKey !== undefined && leaves !== undefined) state.set(newKey, leaves);
  }

  #compareKnown(
    planned: PlannedChange,
    expects: RowImage,
    known: RowImage | null,
    conflicts: RowConflict[],
  ): void {
    const { access } = planned;
    if (known === null) {
      conflicts.push(conflict('missing', planned, expects, undefined, [], 'the row is not there'));
      return;
    }
    const differing = access.differingImages(expects, known);
    if (differing.length > 0) {
      conflicts.push(
        conflict('changed', planned, expects, access.showImage(known), differing, 'the row differs'),
      );
    }
  }

  #followKeyless(
    planned: PlannedChange,
    keyless: Map<TableAccess, Map<string, { planned: PlannedChange; image: RowImage; count: number }>>,
  ): void {
    const { access, expects, leaves } = planned;
    const left = entry(this.#left, access);
    if (expects !== undefined) {
      const content = access.contentOf(expects);
      const spare = left.get(content) ?? 0;
      if (spare > 0) left.set(content, spare - 1);
      else {
        const wanted = entry(keyless, access);
        const known = wanted.get(content);
        if (known === undefined) wanted.set(content, { planned, image: expects, count: 1 });
        else known.count++;
      }
    }
    if (leaves !== undefined) {
      const content = access.contentOf(leaves);
      left.set(content, (left.get(content) ?? 0) + 1);
    }
  }

  async #askForKeys(access: TableAccess, wanted: readonly Wanted[], conflicts: RowConflict[]): Promise<void> {
    if (conflicts.length >= this.options.conflictsMax) return;
    const images = wanted.map(({ image }) => image);
    const found = await fetchByKeys(this.session, access, images, this.options.lock);
    for (const { planned, image, present } of wanted) {
      const row = found.get(access.keyOf(image));
      if (!present) {
        if (row !== undefined) {
          conflicts.push(
            conflict('exists', planned, image, access.showRow(row), [], 'there is a row with this key'),
          );
        }
      } else if (row === undefined) {
        conflicts.push(conflict('missing', planned, image, undefined, [], 'the row is not there'));
      } else {
        const differing = access.differing(image, row);
        if (differing.length > 0) {
          conflicts.push(
            conflict('changed', planned, image, access.showRow(row), differing, 'the row was changed since'),
          );
        }
      }
    }
  }
}

interface Wanted {
  readonly planned: PlannedChange;
  readonly image: RowImage;
  /** Whether the row must be there, or must not. */
  readonly present: boolean;
}

/** A conflict of one change; `image` is the row that it is about. */
export function conflict(
  kind: ConflictKind,
  planned: PlannedChange,
  image: RowImage,
  found: ShownRow | undefined,
  differing: readonly string[],
  problem: string,
): RowConflict {
  const { access, change, gtid } = planned;
  const { schema, table } = access.definition;
  const key = access.showKey(image);
  const where = key === undefined ? 'a row' : `row ${JSON.stringify(key)}`;
  return {
    kind,
    schema,
    table,
    gtid,
    change: change.kind,
    key,
    expected: kind === 'exists' ? undefined : access.showImage(image),
    found,
    differing,
    message: `${where} of ${schema}.${table}: ${problem}${differing.length === 0 ? '' : ` (${differing.join(', ')})`}`,
  };
}

function entry<K, V>(maps: Map<K, Map<string, V>>, key: K): Map<string, V> {
  let map = maps.get(key);
  if (map === undefined) maps.set(key, (map = new Map<string, V>()));
  return map;
}
