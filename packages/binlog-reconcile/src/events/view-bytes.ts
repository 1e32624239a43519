/** The class of the Buffers that Node makes; unlike `subarray`, its constructor does not look at numbers again. */
const FastBuffer = (Buffer as unknown as Record<symbol, unknown>)[Symbol.species] as
  (new (bytes: ArrayBufferLike, offset: number, length: number) => Buffer) | undefined;

/** A view of bytes, all of which must be inside the buffer. */
export const viewBytes: (buffer: Buffer, start: number, end: number) => Buffer =
  FastBuffer === undefined
    ? (buffer, start, end) => buffer.subarray(start, end)
    : (buffer, start, end) => new FastBuffer(buffer.buffer, buffer.byteOffset + start, end - start);
