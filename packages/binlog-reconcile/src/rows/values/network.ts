/**
 * MariaDB's INET4, INET6 and UUID travel as strings of 4 or 16 bytes whose trailing zero bytes are cut off.
 */
function padTo(b: Buffer, start: number, end: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  b.copy(bytes, 0, start, Math.min(end, start + length));
  return bytes;
}

export function inet4Text(b: Buffer, start: number, end: number): string {
  return padTo(b, start, end, 4).join('.');
}

/** As MariaDB prints it: the longest run of zero groups (the first of equals) is `::`; IPv4-compatible and -mapped end in IPv4. */
export function inet6Text(b: Buffer, start: number, end: number): string {
  const bytes = padTo(b, start, end, 16);
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2));
  let runAt = -1;
  let runLength = 0;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && groups[i + n] === 0) n++;
    if (n > runLength) [runAt, runLength] = [i, n];
  }
  const isMapped = runAt === 0 && (runLength === 6 || (runLength === 5 && groups[5] === 0xffff));
  if (isMapped) return `${runLength === 6 ? '::' : '::ffff:'}${bytes.subarray(12).join('.')}`;
  const hex = groups.map((group) => group.toString(16));
  if (runLength === 0) return hex.join(':');
  return `${hex.slice(0, runAt).join(':')}::${hex.slice(runAt + runLength).join(':')}`;
}

/**
 * A UUID as MariaDB stores it: versions 1 to 5 with the parts in reverse order (so that they sort by time), told apart
 * by the variant bit and a version that is not above 7; the others as they are (`sql_type_uuid.h`).
 */
export function uuidText(b: Buffer, start: number, end: number): string {
  const stored = padTo(b, start, end, 16);
  const [variant, version] = [stored[6] as number, stored[8] as number];
  const swapped = variant >= 0x80 && version >= 0x01 && version <= 0x80;
  const bytes = swapped
    ? Buffer.concat([
        stored.subarray(12, 16),
        stored.subarray(10, 12),
        stored.subarray(8, 10),
        stored.subarray(6, 8),
        stored.subarray(0, 6),
      ])
    : stored;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
