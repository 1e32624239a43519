import type { Column } from '../model.js';
import { closureDecoder } from './closures.js';
import { mayGenerateCode } from './code-generation.js';
import { columnCodec, type ColumnCodec } from './column-codec.js';
import { generatedDecoder } from './generated.js';
import type { ImageDecoder, ImageLayout } from './image-decoder.js';

/** A decoder together with what it was made for. */
export interface LayoutDecoder extends ImageDecoder {
  readonly layout: ImageLayout;
  /** Whether images hold every column. */
  readonly complete: boolean;
}

/** Minimal images may hold any combination of columns; past this many, decoders are made again. */
const LAYOUTS_MAX = 256;

/** The decoders of one table: one for each set of columns that its images hold, made when first needed. */
export class ImageDecoders {
  readonly #made = new Map<string, LayoutDecoder>();
  #last: { bitmap: Buffer; decoder: LayoutDecoder } | undefined;
  /** Whether what was made is generated code. */
  #generated = mayGenerateCode();
  #codecs: readonly ColumnCodec[] | undefined;

  constructor(private readonly columns: readonly Column[]) {}

  /** How the values of each column of the table are packed. */
  get codecs(): readonly ColumnCodec[] {
    return (this.#codecs ??= this.columns.map(columnCodec));
  }

  /** The decoder of images that hold the columns whose bits are set. */
  forBitmap(bitmap: Buffer): LayoutDecoder {
    if (this.#generated !== mayGenerateCode()) {
      this.#generated = mayGenerateCode();
      this.#made.clear();
      this.#last = undefined;
    }
    if (this.#last !== undefined && this.#last.bitmap.equals(bitmap)) return this.#last.decoder;
    const key = bitmap.toString('latin1');
    let decoder = this.#made.get(key);
    if (decoder === undefined) {
      decoder = this.#make(bitmap);
      if (this.#made.size === LAYOUTS_MAX) this.#made.clear();
      this.#made.set(key, decoder);
    }
    this.#last = { bitmap: Buffer.from(bitmap), decoder };
    return decoder;
  }

  #make(bitmap: Buffer): LayoutDecoder {
    const all = this.columns;
    const columns = all.filter(({ index }) => ((bitmap[index >> 3] as number) & (1 << (index & 7))) !== 0);
    const layout: ImageLayout = {
      tableColumns: all.length,
      columns,
      codecs: columns.map(({ index }) => this.codecs[index] as ColumnCodec),
    };
    const decoder = mayGenerateCode() ? generatedDecoder(layout) : closureDecoder(layout);
    return { ...decoder, layout, complete: columns.length === all.length };
  }
}
