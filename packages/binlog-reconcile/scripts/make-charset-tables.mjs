/**
 * Asks a MySQL 8.0+ server which character each byte sequence of its character sets is, and writes the answer to
 * src/rows/charset/*-tables.ts. Usage: node make-charset-tables.mjs SOCKET (account root without a password).
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { createConnection } from 'mysql2/promise';

const SINGLE =
  'armscii8 ascii cp1250 cp1251 cp1256 cp1257 cp850 cp852 cp866 dec8 geostd8 greek hebrew hp8 keybcs2 koi8r koi8u latin1 latin2 latin5 latin7 macce macroman swe7 tis620'.split(
    ' ',
  );
const MULTI = 'big5 cp932 eucjpms euckr gb18030 gb2312 gbk sjis ujis'.split(' ');
const folder = fileURLToPath(new URL('../src/rows/charset/', import.meta.url));
const connection = await createConnection({ socketPath: process.argv[2], user: 'root', charset: 'utf8mb4' });

/** The code point of each sequence, or 0 when it is not exactly one character. */
async function codePoints(charset, sequences) {
  const points = [];
  for (let at = 0; at < sequences.length; at += 2000) {
    const part = sequences.slice(at, at + 2000);
    const columns = part.map(
      (bytes) =>
        `hex(convert(convert(_binary x'${Buffer.from(bytes).toString('hex')}' using ${charset}) using utf32))`,
    );
    const [rows] = await connection.query({ sql: `select ${columns.join(',')}`, rowsAsArray: true });
    rows[0].forEach((hex, i) => {
      const point = hex !== null && hex.length === 8 ? parseInt(hex, 16) : 0;
      const unmapped = point === 0xfffd || (point === 0x3f && !(part[i].length === 1 && part[i][0] === 0x3f));
      points.push(unmapped ? 0 : point);
    });
  }
  return points;
}

const range = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);
const lines = [];
for (const charset of SINGLE) {
  const points = await codePoints(
    charset,
    range(0, 256).map((byte) => [byte]),
  );
  const from = charset === 'swe7' ? 0 : 128;
  const text = points.slice(from).map((point, i) => (point === 0 && from + i > 0 ? 0xfffd : point));
  lines.push(`  ${charset}: '${text.map((point) => `\\u${point.toString(16).padStart(4, '0')}`).join('')}',`);
}
writeFileSync(
  `${folder}single-byte-tables.ts`,
  `/**
 * Characters of the bytes 0x80 to 0xff (swe7: 0x00 to 0xff); \\ufffd = no character. Answers of a MySQL server,
 * collected by scripts/make-charset-tables.mjs.
 */
export const singleByteTables: Readonly<Record<string, string>> = {
${lines.join('\n')}
};
`,
);

/** Differences of neighbours, deflated: mappings run in sequences. */
function pack(points) {
  const deltas = Buffer.alloc(points.length * 2);
  let previous = 0;
  points.forEach((point, i) => {
    deltas.writeUInt16LE((point - previous) & 0xffff, i * 2);
    previous = point;
  });
  return deflateRawSync(deltas, { level: 9 }).toString('base64');
}

const multi = [];
for (const charset of MULTI) {
  const singles = await codePoints(
    charset,
    range(128, 256).map((byte) => [byte]),
  );
  const pairs = await codePoints(
    charset,
    range(128, 256).flatMap((lead) => range(0, 256).map((trail) => [lead, trail])),
  );
  const entry = [`single: '${pack(singles)}'`, `double: '${pack(pairs)}'`];
  if (charset === 'ujis' || charset === 'eucjpms') {
    const triples = range(0xa1, 0xff).flatMap((a) => range(0xa1, 0xff).map((b) => [0x8f, a, b]));
    entry.push(`triple: '${pack(await codePoints(charset, triples))}'`);
  }
  if (charset === 'gb18030') {
    const quads = range(0x81, 0x85).flatMap((a) =>
      range(0x30, 0x3a).flatMap((b) =>
        range(0x81, 0xff).flatMap((c) => range(0x30, 0x3a).map((d) => [a, b, c, d])),
      ),
    );
    entry.push(`quadruple: '${pack(await codePoints(charset, quads))}'`);
  }
  multi.push(`  ${charset}: { ${entry.join(', ')} },`);
}
writeFileSync(
  `${folder}multi-byte-tables.ts`,
  `/** One character set's tables: 16-bit differences of neighbouring code points, deflated, in base64. */
export interface PackedTables {
  /** Bytes 0x80 to 0xff alone. */
  readonly single: string;
  /** [0x80..0xff][0x00..0xff]. */
  readonly double: string;
  /** 0x8f, then [0xa1..0xfe][0xa1..0xfe]. */
  readonly triple?: string;
  /** [0x81..0x84][0x30..0x39][0x81..0xfe][0x30..0x39]. */
  readonly quadruple?: string;
}

/** Answers of a MySQL server, collected by scripts/make-charset-tables.mjs; 0 = no character. */
export const multiByteTables: Readonly<Record<string, PackedTables>> = {
${multi.join('\n')}
};
`,
);
await connection.end();
