/** Writes binary JSON as the server does: small containers where everything fits 64 KiB, else large ones. */
function encode(value: unknown): { type: number; bytes: Buffer } {
  if (value === null || typeof value === 'boolean') {
    return { type: 4, bytes: Buffer.from([value === null ? 0 : value ? 1 : 2]) };
  }
  if (typeof value === 'bigint') {
    const bytes = Buffer.alloc(8);
    if (value < 0n) bytes.writeBigInt64LE(value);
    else bytes.writeBigUInt64LE(value);
    return { type: value < 0n ? 9 : 10, bytes };
  }
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(8);
    if (Number.isInteger(value) && Math.abs(value) < 32768 && !Object.is(value, -0)) {
      bytes.writeInt16LE(value);
      return { type: 5, bytes: bytes.subarray(0, 2) };
    }
    bytes.writeDoubleLE(value);
    return { type: 11, bytes };
  }
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    const length: number[] = [];
    let n = text.length;
    do {
      length.push((n & 0x7f) | (n > 0x7f ? 0x80 : 0));
      n >>= 7;
    } while (n > 0);
    return { type: 12, bytes: Buffer.concat([Buffer.from(length), text]) };
  }
  return encodeContainer(value as unknown[] | Record<string, unknown>);
}

function encodeContainer(
  value: unknown[] | Record<string, unknown>,
  large = false,
): { type: number; bytes: Buffer } {
  const isArray = Array.isArray(value);
  const keys = isArray
    ? []
    : Object.keys(value)
        .map((key) => Buffer.from(key))
        .sort((a, b) => a.length - b.length || a.compare(b));
  const members = isArray ? value.map(encode) : keys.map((key) => encode(value[key.toString()]));
  const width = large ? 4 : 2;
  const header = 2 * width + keys.length * (width + 2) + members.length * (1 + width);
  const head = Buffer.alloc(header);
  const body: Buffer[] = [];
  let at = header;
  const put = (part: Buffer) => {
    body.push(part);
    at += part.length;
    return at - part.length;
  };
  let entry = 2 * width;
  for (const key of keys) {
    const place = put(key);
    if (!large && place > 0xffff) return encodeContainer(value, true);
    head.writeUIntLE(place, entry, width);
    head.writeUInt16LE(key.length, entry + width);
    entry += width + 2;
  }
  for (const { type, bytes } of members) {
    head[entry] = type;
    if (type === 4 || type === 5) bytes.copy(head, entry + 1);
    else {
      const place = put(bytes);
      if (!large && place > 0xffff) return encodeContainer(value, true);
      head.writeUIntLE(place, entry + 1, width);
    }
    entry += 1 + width;
  }
  if (!large && at > 0xffff) return encodeContainer(value, true);
  head.writeUIntLE(members.length, 0, width);
  head.writeUIntLE(at, width, width);
  return { type: (isArray ? 2 : 0) + (large ? 1 : 0), bytes: Buffer.concat([head, ...body]) };
}

/** A binary JSON document. A bigint becomes an (unsigned) 64-bit integer, an integer number below 32,768 a small one. */
export function jsonDocument(value: unknown): Buffer {
  const { type, bytes } = encode(value);
  return Buffer.concat([Buffer.from([type]), bytes]);
}
