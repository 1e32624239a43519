import { RowFlag, type Column, type RowChange, type RowChangeKind, type RowImage } from '../../rows/model.js';
import { UnwritableRowError } from '../errors.js';
import { packImage } from './image-bytes.js';
import type { PackedRows } from './rows-event.js';

const OPPOSITE = { insert: 'delete', update: 'update', delete: 'insert' } as const satisfies Record<
  RowChangeKind,
  RowChangeKind
>;

/**
 * The opposite of a change: images swapped, foreign keys neither checked nor cascading (what cascades did is undone by
 * rows of its own). `undefined` for an update that changed nothing.
 *
 * Throws {@link UnwritableRowError} for an image that is not full.
 */
export function undoRow(change: RowChange): PackedRows {
  const { before, after, table } = change;
  for (const image of [before, after]) {
    if (image !== undefined && !image.complete) {
      throw new UnwritableRowError(
        table.schema,
        table.table,
        undefined,
        'partial-image',
        'the binlog does not hold every column of the row (binlog_row_image was not FULL)',
      );
    }
  }
  const kind = OPPOSITE[change.kind];
  const found = after === undefined ? [] : searchColumns(after);
  const first = kind === 'insert' ? table.columns : found;
  const second = kind === 'update' ? table.columns : [];
  const images: Buffer[] = [];
  if (kind === 'insert') images.push(packImage(imageOf(before), first));
  else images.push(packImage(imageOf(after), first));
  if (kind === 'update') images.push(packImage(imageOf(before), second));
  return { kind, table, first, second, images, flags: change.flags | RowFlag.NoForeignKeyChecks };
}

/** The change as it was, packed again. Only for whole JSON values ({@link RowImage.jsonDiffs} is undefined). */
export function redoRow(change: RowChange): PackedRows {
  const { kind, before, after, table, flags } = change;
  const [first, second] = kind === 'insert' ? [imageOf(after)] : [imageOf(before), after];
  const firstColumns = heldColumns(first);
  const secondColumns = second === undefined ? [] : heldColumns(second);
  const images = [packImage(first, firstColumns)];
  if (second !== undefined) images.push(packImage(second, secondColumns));
  return { kind, table, first: firstColumns, second: secondColumns, images, flags };
}

function heldColumns(image: RowImage): readonly Column[] {
  return image.complete ? image.table.columns : image.table.columns.filter(({ index }) => image.has(index));
}

/** All columns, but those of which the binlog holds only differences (partial JSON updates): the server skips them. */
function searchColumns(image: RowImage): readonly Column[] {
  const { columns } = image.table;
  const partial = columns.some(({ kind, index }) => kind === 'json' && image.jsonDiffs(index) !== undefined);
  return partial ? columns.filter(({ index }) => image.jsonDiffs(index) === undefined) : columns;
}

function imageOf(image: RowImage | undefined): RowImage {
  if (image === undefined) throw new TypeError('A row change without the image that its kind has');
  return image;
}
