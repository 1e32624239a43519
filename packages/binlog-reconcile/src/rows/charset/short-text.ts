import { mayGenerateCode } from '../decoder/code-generation.js';
import { latin1Text } from './slice.js';

/**
 * Text up to this length is read byte by byte: up to about there that is faster than the call into native code. Much
 * more, and the generated function becomes too large for V8 to optimize.
 */
export const SHORT_TEXT_MAX = 40;

type ShortText = (buffer: Buffer, start: number, length: number) => string | undefined;

let made: ShortText | undefined;

/**
 * Text of `length` (at most {@link SHORT_TEXT_MAX}) bytes, or `undefined` when one of them is not ASCII.
 */
export function shortAsciiText(buffer: Buffer, start: number, length: number): string | undefined {
  made ??= mayGenerateCode() ? generate() : loop;
  return made(buffer, start, length);
}

/**
 * One `String.fromCharCode` call with as many arguments as there are bytes, for each length: half to a quarter of the
 * time of a native slice.
 */
function generate(): ShortText {
  const cases = Array.from({ length: SHORT_TEXT_MAX }, (_, i) => {
    const names = Array.from({ length: i + 1 }, (_unused, j) => `c${j}`);
    const reads = names.map((name, j) => `${name}=b[s+${j}]`).join(',');
    return `case ${i + 1}:{const ${reads};return (${names.join('|')})<128?f(${names.join(',')}):undefined;}`;
  });
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- made of constants only
  const make = new Function(
    'f',
    `'use strict';return (b,s,n)=>{switch(n){case 0:return '';${cases.join('')}}}`,
  ) as (fromCharCode: typeof String.fromCharCode) => ShortText;
  return make(String.fromCharCode);
}

const loop: ShortText = (buffer, start, length) => {
  const end = start + length;
  for (let i = start; i < end; i++) if ((buffer[i] as number) > 0x7f) return undefined;
  return latin1Text(buffer, start, end);
};
