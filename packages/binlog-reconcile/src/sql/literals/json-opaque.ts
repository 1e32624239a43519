/** Types of values in MySQL's binary JSON (`json_binary.h`). */
const LARGE_OBJECT = 1;
const LARGE_ARRAY = 3;
const OPAQUE = 0x0f;

/** Deeper documents are looked at in the careful way. */
const DEPTH_MAX = 20;

/**
 * Whether a binary JSON document (from `start` to `end`) holds a value that JSON text has no type for (decimals, dates,
 * binary strings), found by its type bytes alone. True also where the bytes are not what they should be.
 */
export function mayHoldOpaque(b: Uint8Array, start: number, end: number): boolean {
  if (start >= end) return false;
  return valueMayBe(b, b[start] as number, start + 1, end, 0);
}

function valueMayBe(b: Uint8Array, type: number, at: number, end: number, depth: number): boolean {
  if (type > LARGE_ARRAY) return type >= OPAQUE;
  const isObject = type <= LARGE_OBJECT;
  const wide = type === LARGE_OBJECT || type === LARGE_ARRAY ? 4 : 2;
  if (depth === DEPTH_MAX || at + 2 * wide > end) return true;
  const count = uint(b, at, wide);
  const entries = at + 2 * wide + (isObject ? count * (wide + 2) : 0);
  if (entries + count * (wide + 1) > end) return true;
  for (let i = 0; i < count; i++) {
    const entry = entries + i * (wide + 1);
    const entryType = b[entry] as number;
    if (entryType > LARGE_ARRAY) {
      if (entryType >= OPAQUE) return true;
      continue;
    }
    if (valueMayBe(b, entryType, at + uint(b, entry + 1, wide), end, depth + 1)) return true;
  }
  return false;
}

function uint(b: Uint8Array, at: number, bytes: number): number {
  let value = 0;
  for (let i = bytes - 1; i >= 0; i--) value = value * 256 + (b[at + i] as number);
  return value;
}
