import type { SeededRandom } from './seeded-random.js';

/** A column with the SQL of values worth trying; at the edges of its type, and ordinary ones. */
interface TestColumn {
  readonly definition: string;
  readonly values: readonly string[];
  readonly random?: (random: SeededRandom) => string;
}

const hex = (bytes: Buffer) => `X'${bytes.toString('hex')}'`;
const text = [
  `''`,
  `'plain'`,
  `'quote '' and \\\\ back'`,
  `'line\\nend\\0nul\\Z'`,
  `'ünïcödé'`,
  `' padded '`,
];

/** Columns that MySQL and MariaDB both have. */
const common: Readonly<Record<string, TestColumn>> = {
  c_tiny: { definition: 'TINYINT', values: ['-128', '127', '0'] },
  c_utiny: { definition: 'TINYINT UNSIGNED', values: ['0', '255', '128'] },
  c_small: { definition: 'SMALLINT', values: ['-32768', '32767'] },
  c_medium: { definition: 'MEDIUMINT', values: ['-8388608', '8388607', '-1'] },
  c_umedium: { definition: 'MEDIUMINT UNSIGNED ZEROFILL', values: ['0', '16777215', '42'] },
  c_int: { definition: 'INT', values: ['-2147483648', '2147483647', '7'] },
  c_uint: { definition: 'INT UNSIGNED', values: ['4294967295', '0'] },
  c_big: { definition: 'BIGINT', values: ['-9223372036854775808', '9223372036854775807', '-1'] },
  c_ubig: { definition: 'BIGINT UNSIGNED', values: ['18446744073709551615', '9007199254740993', '0'] },
  c_float: {
    definition: 'FLOAT',
    values: ['0.1', '16777216', '-3.4028235e38', '1.4e-45', '0'],
    random: (r) => String((r.next() - 0.5) * 10 ** r.int(30)),
  },
  c_double: {
    definition: 'DOUBLE',
    values: ['0.1', '1.7976931348623157e308', '-5e-324', '1e21', '3'],
    random: (r) => String((r.next() - 0.5) * 10 ** r.int(300)),
  },
  c_double_md: { definition: 'DOUBLE(10,3)', values: ['1.2345', '-99999.999'] },
  c_decimal: {
    definition: 'DECIMAL(30,10)',
    values: ['-12345678901234567890.0123456789', '0', '0.0000000001', '-0.5'],
  },
  c_udecimal: { definition: 'DECIMAL(8,2) UNSIGNED ZEROFILL', values: ['7.5', '0', '999999.99'] },
  c_bit1: { definition: 'BIT(1)', values: [`b'0'`, `b'1'`] },
  c_bit64: { definition: 'BIT(64)', values: [`b'1'`, '18446744073709551615', '9007199254740993'] },
  c_bit20: { definition: 'BIT(20)', values: [`b'10101010101010101010'`, '0'] },
  c_year: { definition: 'YEAR', values: ['0', '1901', '2155'] },
  c_date: { definition: 'DATE', values: [`'0000-00-00'`, `'2024-00-31'`, `'2024-02-31'`, `'9999-12-31'`] },
  c_time: { definition: 'TIME', values: [`'-838:59:59'`, `'838:59:59'`, `'00:00:00'`, `'-00:00:01'`] },
  c_time6: { definition: 'TIME(6)', values: [`'-00:00:00.000001'`, `'12:34:56.789012'`] },
  c_datetime: { definition: 'DATETIME', values: [`'0000-00-00 00:00:00'`, `'1000-01-01 00:00:00'`] },
  c_datetime3: {
    definition: 'DATETIME(3)',
    values: [`'9999-12-31 23:59:59.999'`, `'2024-06-00 01:02:03.004'`],
  },
  c_timestamp: {
    definition: 'TIMESTAMP NULL',
    values: [`'0000-00-00 00:00:00'`, `'1970-01-01 00:00:01'`, `'2038-01-19 03:14:07'`],
  },
  c_timestamp6: { definition: 'TIMESTAMP(6) NULL', values: [`'2024-01-02 03:04:05.000006'`] },
  c_char: { definition: 'CHAR(40) CHARACTER SET utf8mb4', values: [...text, `'🐬 dolphin'`] },
  c_varchar: { definition: 'VARCHAR(300) CHARACTER SET utf8mb4', values: [...text, `REPEAT('x', 300)`] },
  c_latin1: {
    definition: 'VARCHAR(40) CHARACTER SET latin1',
    values: [...text, hex(Buffer.from([0x80, 0xe9, 0xff]))],
  },
  c_sjis: {
    definition: 'VARCHAR(40) CHARACTER SET sjis',
    values: [`_sjis X'8B4083'`.replace('83', ''), `'a\\\\b~'`],
  },
  c_gbk: { definition: 'CHAR(20) CHARACTER SET gbk', values: [`_gbk X'D6D0815C'`, `'abc'`] },
  c_ucs2: { definition: 'VARCHAR(20) CHARACTER SET ucs2', values: [`'aé'`, `''`] },
  c_utf32: { definition: 'TEXT CHARACTER SET utf32', values: [`'a🐬'`, `'x'`] },
  c_ci: {
    definition: 'VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci',
    values: [`'abc'`, `'ABC'`],
  },
  c_binary: {
    definition: 'BINARY(8)',
    values: [hex(Buffer.from([1, 0, 0])), hex(Buffer.alloc(8)), `'abcdefgh'`],
  },
  c_varbinary: {
    definition: 'VARBINARY(300)',
    values: [`X''`, hex(Buffer.from([0, 39, 92, 255])), `REPEAT('y', 300)`],
  },
  c_tinytext: { definition: 'TINYTEXT', values: text },
  c_longtext: { definition: 'LONGTEXT CHARACTER SET utf8mb4', values: [`REPEAT('long ünï ', 5000)`, `''`] },
  c_blob: {
    definition: 'BLOB',
    values: [`X''`, hex(Buffer.from([0, 1, 2, 253, 254, 255]))],
    random: (r) => hex(r.bytes(r.int(200))),
  },
  c_longblob: { definition: 'LONGBLOB', values: [`REPEAT(X'00FF', 20000)`, `X'00'`] },
  c_enum: {
    definition: `ENUM('a','b,c','it''s','x\\\\y','é')`,
    values: [`'a'`, `'b,c'`, `'it''s'`, `'x\\\\y'`, `'é'`],
  },
  c_set: { definition: `SET('r','w','it''s','é')`, values: [`''`, `'r,w'`, `'it''s,é'`, '15'] },
  c_point: {
    definition: 'POINT',
    values: [`ST_GeomFromText('POINT(1.5 -2)')`, `ST_GeomFromText('POINT(0 0)')`],
  },
  c_geometry: {
    definition: 'GEOMETRY',
    values: [`ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,5 5))')`],
  },
};

const mysqlOnly: Readonly<Record<string, TestColumn>> = {
  c_srid: { definition: 'GEOMETRY SRID 4326', values: [`ST_GeomFromText('POINT(10 20)', 4326)`] },
  c_vector: { definition: 'VECTOR(3)', values: [`STRING_TO_VECTOR('[1,-2.5,3e10]')`] },
  c_json: {
    definition: 'JSON',
    values: [
      `'null'`,
      `'{"a": [1, -2, 18446744073709551615, 1.5, 1e100], "k\\\\"q": "it''s", "é": true}'`,
      `JSON_OBJECT('d', CAST(1.10 AS DECIMAL(10,2)), 't', CAST('2024-01-02 03:04:05.6' AS DATETIME(6)))`,
      `JSON_ARRAY(CAST('12:00:00' AS TIME), CAST('2024-01-02' AS DATE), X'000102FF')`,
      `CAST(CAST(3.50 AS DECIMAL(5,2)) AS JSON)`,
      `CAST(18446744073709551615 AS JSON)`,
    ],
  },
};

const mariadbOnly: Readonly<Record<string, TestColumn>> = {
  c_inet4: { definition: 'INET4', values: [`'1.2.3.4'`, `'0.0.0.0'`] },
  c_inet6: { definition: 'INET6', values: [`'::1'`, `'2001:db8::'`] },
  c_uuid: { definition: 'UUID', values: [`'3e11fa47-71ca-11e1-9e33-c80aa9429562'`] },
  c_compressed: { definition: 'BLOB COMPRESSED', values: [`REPEAT('z', 3000)`, `''`, `'short'`] },
  c_vcompressed: {
    definition: 'VARCHAR(2000) COMPRESSED CHARACTER SET utf8mb4',
    values: [`REPEAT('ü', 1000)`, `'a'`],
  },
  c_json: { definition: 'JSON', values: [`'{"a": [1,2]}'`, `'[]'`] },
};

/** All types of a flavour, with definitions and values. */
export function everyType(flavor: 'mysql' | 'mariadb'): Readonly<Record<string, TestColumn>> {
  return { ...common, ...(flavor === 'mysql' ? mysqlOnly : mariadbOnly) };
}

/** The SQL of a value of the column. */
export function randomValue(column: TestColumn, random: SeededRandom): string {
  const kind = random.int(6);
  if (kind === 0) return 'NULL';
  if (kind === 1 && column.random !== undefined) return column.random(random);
  return random.pick(column.values);
}
