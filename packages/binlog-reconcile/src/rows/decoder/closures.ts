import type { ColumnCodec } from './column-codec.js';
import { ABSENT_AT, NULL_AT, type ImageDecoder, type ImageLayout } from './image-decoder.js';
import type { ColumnValue } from '../model.js';

/** A decoder without generated code, for processes that forbid it (`--disallow-code-generation-from-strings`). */
export function closureDecoder(layout: ImageLayout): ImageDecoder {
  const { codecs, columns, tableColumns } = layout;
  const nullBytes = (columns.length + 7) >> 3;
  const isNull = (b: Buffer, p: number, i: number) => ((b[p + (i >> 3)] as number) & (1 << (i & 7))) !== 0;

  /** Calls `use` with the place of each value that is not NULL; returns where the image ends. */
  const walk = (b: Buffer, p: number, use: (i: number, start: number, end: number) => void): number => {
    let at = p + nullBytes;
    for (let i = 0; i < codecs.length; i++) {
      if (isNull(b, p, i)) continue;
      const codec = codecs[i] as ColumnCodec;
      const start = at + codec.prefix;
      at = codec.prefix === 0 ? at + codec.size : start + prefixLength(b, at, codec.prefix);
      use(i, start, at);
    }
    return at;
  };

  return {
    skip: (b, p) => walk(b, p, () => undefined),
    locate(b, p, places) {
      places.fill(ABSENT_AT, 0, tableColumns);
      for (const { index } of columns) places[index] = NULL_AT;
      walk(b, p, (i, start, end) => {
        const { index } = columns[i] as (typeof columns)[number];
        places[index] = start;
        places[tableColumns + index] = end;
      });
    },
    decode(b, p) {
      const values = new Array<ColumnValue | undefined>(tableColumns).fill(undefined);
      for (const { index } of columns) values[index] = null;
      walk(b, p, (i, start, end) => {
        values[(columns[i] as (typeof columns)[number]).index] = (codecs[i] as ColumnCodec).read(
          b,
          start,
          end,
        );
      });
      return values;
    },
  };
}

function prefixLength(b: Buffer, at: number, prefix: number): number {
  let length = 0;
  for (let i = prefix - 1; i >= 0; i--) length = length * 256 + (b[at + i] as number);
  return length;
}
