import { putByte, putInt32, type TextWriter } from './scratch.js';

/** Text of bytes below 0x80: copied four at a time, the last four perhaps in part for the second time. */
export const writeAscii: TextWriter = (bytes, start, end, out, at) => {
  let high = 0;
  const last = end - 4;
  if (last < start) {
    let to = at;
    for (let from = start; from < end; from++) {
      const byte = bytes.getUint8(from);
      high |= byte;
      putByte(out, to++, byte);
    }
    return high < 0x80 ? to : -1;
  }
  let to = at;
  for (let from = start; from < last; from += 4) {
    const four = bytes.getInt32(from, true);
    high |= four;
    putInt32(out, to, four);
    to += 4;
  }
  const four = bytes.getInt32(last, true);
  const textEnd = at + (end - start);
  putInt32(out, textEnd - 4, four);
  return ((high | four) & 0x8080_8080) === 0 ? textEnd : -1;
};
