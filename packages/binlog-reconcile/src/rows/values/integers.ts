const SAFE_HIGH = 0x20_0000;

/** BIGINT: `number` where that is exact. */
export function readBigInt(b: Buffer, p: number): number | bigint {
  const low =
    ((b[p] as number) |
      ((b[p + 1] as number) << 8) |
      ((b[p + 2] as number) << 16) |
      ((b[p + 3] as number) << 24)) >>>
    0;
  const high =
    (b[p + 4] as number) |
    ((b[p + 5] as number) << 8) |
    ((b[p + 6] as number) << 16) |
    ((b[p + 7] as number) << 24);
  if (high >= -SAFE_HIGH && high < SAFE_HIGH && !(high === -SAFE_HIGH && low === 0)) {
    return high * 0x1_0000_0000 + low;
  }
  return (BigInt(high) << 32n) | BigInt(low);
}

/** BIGINT UNSIGNED: `number` where that is exact. */
export function readBigUint(b: Buffer, p: number): number | bigint {
  const low =
    ((b[p] as number) |
      ((b[p + 1] as number) << 8) |
      ((b[p + 2] as number) << 16) |
      ((b[p + 3] as number) << 24)) >>>
    0;
  const high =
    ((b[p + 4] as number) |
      ((b[p + 5] as number) << 8) |
      ((b[p + 6] as number) << 16) |
      ((b[p + 7] as number) << 24)) >>>
    0;
  return high < SAFE_HIGH ? high * 0x1_0000_0000 + low : (BigInt(high) << 32n) | BigInt(low);
}

/** A SET's mask of 1 to 8 bytes. */
export function readMask(b: Buffer, p: number, size: number): number | bigint {
  if (size === 8) return readBigUint(b, p);
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = value * 256 + (b[p + i] as number);
  return value;
}
