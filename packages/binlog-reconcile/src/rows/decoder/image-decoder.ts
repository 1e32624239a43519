import type { Column, ColumnValue } from '../model.js';
import type { ColumnCodec } from './column-codec.js';

/** The columns of an image and how they are packed. */
export interface ImageLayout {
  /** Columns of the table. */
  readonly tableColumns: number;
  /** The columns that the image holds, in order; each has a bit in the image's NULL bitmap. */
  readonly columns: readonly Column[];
  readonly codecs: readonly ColumnCodec[];
}

/** Where a column's value begins, for one that is NULL or not in the image. */
export const NULL_AT = -1;
export const ABSENT_AT = -2;

/** Reads the images of one layout. Offsets are those of the buffer. */
export interface ImageDecoder {
  /** Where the image that begins at `p` ends. May be beyond the buffer when its bytes are damaged. */
  skip(b: Buffer, p: number): number;
  /**
   * Writes where each column's value begins (behind its length prefix) to the first half of `places`, and where it ends
   * to the second; {@link NULL_AT} and {@link ABSENT_AT} instead of a begin say that there is none.
   */
  locate(b: Buffer, p: number, places: Int32Array): void;
  /**
   * All values: an entry for each column of the table, `undefined` for those not in the image. `end` is where the image
   * ends (what {@link skip} gave), which must be inside the buffer.
   */
  decode(b: Buffer, p: number, end: number): (ColumnValue | undefined)[];
}
