/** Buffers beyond this are not remembered: a decoder must not keep a large event in memory. */
const REMEMBERED_BYTES_MAX = 4 << 20;

let buffer: Buffer | undefined;
let view: DataView | undefined;

/** A DataView of the same bytes. That of the last buffer is remembered: many rows come out of one. */
export function viewOf(b: Buffer): DataView {
  if (b === buffer && view !== undefined) return view;
  const made = new DataView(b.buffer, b.byteOffset, b.length);
  if (b.length <= REMEMBERED_BYTES_MAX) {
    buffer = b;
    view = made;
  }
  return made;
}
