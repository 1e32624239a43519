import type { ColumnCodec, ReadValue } from './column-codec.js';
import { ABSENT_AT, NULL_AT, type ImageDecoder, type ImageLayout } from './image-decoder.js';

/**
 * A decoder as straight-line JavaScript made for one layout: no loop over columns, no look-up of types, one array per
 * row. Only numbers, and no text from the binlog, get into the code.
 * @throws EvalError where code generation is disallowed
 */
export function generatedDecoder(layout: ImageLayout): ImageDecoder {
  const reads = layout.codecs.map(({ read }) => read);
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- made of numbers only, see above
  const make = new Function('r', source(layout)) as (reads: readonly ReadValue[]) => ImageDecoder;
  return make(reads);
}

function source(layout: ImageLayout): string {
  const { codecs, columns, tableColumns } = layout;
  const nullBytes = (columns.length + 7) >> 3;
  const readers = codecs
    .map(({ inline }, i) => (inline === undefined ? `const r${i}=r[${i}];` : ''))
    .join('');

  const bitmap = Array.from({ length: nullBytes }, (_, i) => `const n${i}=b[p+${i}];`).join('');
  const advance = `p+=${nullBytes};`;
  const present = (i: number) => `(n${i >> 3}&${1 << (i & 7)})===0`;
  const step = (codec: ColumnCodec) =>
    codec.prefix === 0 ? `s=p;p+=${codec.size};` : `s=p+${codec.prefix};p=s+${prefixValue(codec.prefix)};`;

  const skip = codecs
    .map((codec, i) =>
      codec.prefix === 0
        ? `if(${present(i)})p+=${codec.size};`
        : `if(${present(i)})p+=${codec.prefix}+${prefixValue(codec.prefix)};`,
    )
    .join('\n');
  const locate = codecs
    .map((codec, i) => {
      const index = (columns[i] as (typeof columns)[number]).index;
      return `if(${present(i)}){${step(codec)}L[${index}]=s;L[${tableColumns + index}]=p;}else L[${index}]=${NULL_AT};`;
    })
    .join('\n');
  const decode = codecs
    .map((codec, i) => {
      const expression = codec.inline?.replace(/\bS\b/g, 's').replace(/\bE\b/g, 'p') ?? `r${i}(b,s,p)`;
      return `let v${i}=null;if(${present(i)}){${step(codec)}v${i}=${expression};}`;
    })
    .join('\n');
  const held = new Map(columns.map(({ index }, i) => [index, `v${i}`]));
  const row = Array.from({ length: tableColumns }, (_, index) => held.get(index) ?? 'undefined').join(',');
  const fill = columns.length < tableColumns ? `L.fill(${ABSENT_AT},0,${tableColumns});` : '';

  return `'use strict';
${readers}
return {
skip(b,p){${bitmap}${advance}
${skip}
return p;},
locate(b,p,L){let s=0;${fill}${bitmap}${advance}
${locate}
},
decode(b,p){let s=0;${bitmap}${advance}
${decode}
return [${row}];}
};`;
}

function prefixValue(prefix: number): string {
  const parts = Array.from({ length: prefix }, (_, i) => (i === 0 ? 'b[p]' : `b[p+${i}]<<${8 * i}`));
  return prefix === 4 ? `((${parts.join('|')})>>>0)` : `(${parts.join('|')})`;
}
