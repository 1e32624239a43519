import type { ColumnCodec, ReadValue } from './column-codec.js';
import { inlineHelpers, type InlineHelpers } from './inline-helpers.js';
import { IMAGE_BYTES_MAX, type TextWriter } from './text/scratch.js';
import { ABSENT_AT, NULL_AT, type ImageDecoder, type ImageLayout } from './image-decoder.js';

/**
 * A decoder as straight-line JavaScript made for one layout: no loop over columns, no look-up of types, one array per
 * row. Only numbers, and no text from the binlog, get into the code.
 * @throws EvalError where code generation is disallowed
 */
export function generatedDecoder(layout: ImageLayout): ImageDecoder {
  const reads = layout.codecs.map(({ read }) => read);
  const writes = layout.codecs.map(({ write }) => write);
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- made of numbers only, see above
  const make = new Function('r', 'w', 'h', source(layout)) as (
    reads: readonly ReadValue[],
    writes: readonly (TextWriter | undefined)[],
    helpers: InlineHelpers,
  ) => ImageDecoder;
  return make(reads, writes, inlineHelpers);
}

function source(layout: ImageLayout): string {
  const { codecs, columns, tableColumns } = layout;
  const nullBytes = (columns.length + 7) >> 3;
  const readers = codecs
    .map(({ write }, i) => `const r${i}=r[${i}];${write === undefined ? '' : `const w${i}=w[${i}];`}`)
    .join('');
  const helpers = Object.keys(inlineHelpers)
    .map((name) => `const ${name}=h.${name};`)
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
  // Texts go to the scratch first: `o` is where the next begins, `f` and `e` where each one is; `e` is -1 for none.
  const decode = codecs
    .map((codec, i) => {
      const { write, inline, inlineUnless } = codec;
      const read = `r${i}(b,s,p)`;
      if (write !== undefined) {
        return (
          `let v${i}=null,f${i}=o,e${i}=-1;if(${present(i)}){${step(codec)}` +
          `e${i}=F?w${i}(V,s,p,scratchView,o):-1;if(e${i}<0)v${i}=${read};else o=e${i};}`
        );
      }
      let expression = inline?.replace(/\bS\b/g, 's') ?? read;
      if (inlineUnless !== undefined) {
        expression = `${inlineUnless.replace(/\bS\b/g, 's')}?${read}:${expression}`;
      }
      return `let v${i}=null;if(${present(i)}){${step(codec)}v${i}=${expression};}`;
    })
    .join('\n');
  const values = codecs.map(({ write }, i) =>
    write === undefined ? `v${i}` : `e${i}<0?v${i}:T.substring(f${i},e${i})`,
  );
  const held = new Map(columns.map(({ index }, i) => [index, values[i]]));
  const row = Array.from({ length: tableColumns }, (_, index) => held.get(index) ?? 'undefined').join(',');
  const fill = columns.length < tableColumns ? `L.fill(${ABSENT_AT},0,${tableColumns});` : '';
  return `'use strict';
${readers}${helpers}
return {
skip(b,p){${bitmap}
if((${allNullBits(columns.length)})===0){${skipNoNull(codecs, nullBytes)}return p;}
${advance}
${skip}
return p;},
locate(b,p,L){let s=0;${fill}${bitmap}${advance}
${locate}
},
decode(b,p,Q){let s=0,l=0,h=0,o=0;const V=viewOf(b),F=Q-p<=${IMAGE_BYTES_MAX};${bitmap}${advance}
${decode}
const T=o===0?'':latin1Text(scratch,0,o);
return [${row}];}
};`;
}

/** JavaScript that is 0 when no column is NULL; the bits behind the last column's mean nothing. */
function allNullBits(columns: number): string {
  const bytes = Array.from({ length: (columns + 7) >> 3 }, (_, i) => {
    const used = Math.min(8, columns - 8 * i);
    return used === 8 ? `n${i}` : `(n${i}&${(1 << used) - 1})`;
  });
  return bytes.length === 0 ? '0' : bytes.join('|');
}

/** Where no value is NULL, values of fixed size that follow each other are one step. */
function skipNoNull(codecs: readonly ColumnCodec[], nullBytes: number): string {
  let steps = '';
  let fixed = nullBytes;
  for (const { prefix, size } of codecs) {
    if (prefix === 0) {
      fixed += size;
      continue;
    }
    if (fixed > 0) steps += `p+=${fixed};`;
    steps += `p+=${prefix}+${prefixValue(prefix)};`;
    fixed = 0;
  }
  return fixed > 0 ? `${steps}p+=${fixed};` : steps;
}

function prefixValue(prefix: number): string {
  const parts = Array.from({ length: prefix }, (_, i) => (i === 0 ? 'b[p]' : `b[p+${i}]<<${8 * i}`));
  return prefix === 4 ? `((${parts.join('|')})>>>0)` : `(${parts.join('|')})`;
}
