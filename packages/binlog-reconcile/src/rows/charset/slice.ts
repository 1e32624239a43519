/**
 * Node's Buffers have had these two methods since before 4.0 and its own `toString` calls them; `toString` looks the
 * encoding up by name each time, which costs a fifth of the time of decoding a table of short texts.
 */
interface SlicingBuffer {
  readonly utf8Slice?: (this: Buffer, start: number, end: number) => string;
  readonly latin1Slice?: (this: Buffer, start: number, end: number) => string;
}

const prototype = Buffer.prototype as SlicingBuffer;
const { utf8Slice, latin1Slice } = prototype;

/** UTF-8 text; bytes that are none become U+FFFD. */
export const utf8Text: (buffer: Buffer, start: number, end: number) => string =
  utf8Slice === undefined
    ? (buffer, start, end) => buffer.toString('utf8', start, end)
    : (buffer, start, end) => utf8Slice.call(buffer, start, end);

/** One character for each byte. */
export const latin1Text: (buffer: Buffer, start: number, end: number) => string =
  latin1Slice === undefined
    ? (buffer, start, end) => buffer.toString('latin1', start, end)
    : (buffer, start, end) => latin1Slice.call(buffer, start, end);
