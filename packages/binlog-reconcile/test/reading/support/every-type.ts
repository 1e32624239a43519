import type { SeededRandom } from './seeded-random.js';

/** A column, literals at the edges of its type, more from a seed, and how the server is asked for the stored value. */
export interface TestColumn {
  readonly name: string;
  readonly definition: string;
  readonly edges: readonly string[];
  readonly random: (random: SeededRandom) => string;
  /** How the value is compared with what the server says. */
  readonly compare: Comparison;
  /** Not in INSERT and UPDATE: the server computes it. */
  readonly generated?: boolean;
}

export type Comparison =
  /** `CAST(x AS CHAR)` is the decoded text. */
  | 'text'
  /** `x` itself is: the cast of a DOUBLE has less room than its SELECT. */
  | 'plain'
  /** `HEX(x)` is the decoded bytes; text columns also: `CONVERT(x USING utf8mb4)` is the decoded text. */
  | 'bytes'
  /** As `text`, but the number of a FLOAT is compared by its bits, since the server rounds. */
  | 'float'
  /** `HEX(x + 0)` is the number in the decoded bytes. */
  | 'bit'
  /** `CAST(x AS UNSIGNED)` is the decoded number, `CAST(x AS CHAR)` the names. */
  | 'members';

const integer = (name: string, type: string, bits: number): TestColumn[] => {
  const min = -(2n ** BigInt(bits - 1));
  const anyBits = (random: SeededRandom) => BigInt(`0x${random.hex(bits / 8)}`);
  return [
    {
      name,
      definition: type,
      edges: [`${min}`, `${-min - 1n}`, '0', '-1', '1'],
      random: (random) => `${BigInt.asIntN(bits, anyBits(random))}`,
      compare: 'text',
    },
    {
      name: `${name}_u`,
      definition: `${type} UNSIGNED`,
      edges: ['0', `${2n ** BigInt(bits) - 1n}`, `${-min}`, '1'],
      random: (random) => `${anyBits(random)}`,
      compare: 'text',
    },
  ];
};

const two = (n: number) => `${n}`.padStart(2, '0');
const date = (random: SeededRandom) =>
  `${1000 + random.int(9000)}-${two(1 + random.int(12))}-${two(1 + random.int(28))}`;
const clock = (random: SeededRandom) =>
  `${two(random.int(24))}:${two(random.int(60))}:${two(random.int(60))}`;

const temporal = (): TestColumn[] =>
  [0, 1, 2, 3, 4, 5, 6].flatMap((digits): TestColumn[] => {
    const fraction = (random: SeededRandom) => (digits === 0 ? '' : `.${random.digits(digits)}`);
    const nines = digits === 0 ? '' : `.${'9'.repeat(digits)}`;
    const last = digits === 0 ? '' : `.${'0'.repeat(digits - 1)}1`;
    return [
      {
        name: `time_${digits}`,
        definition: `TIME(${digits})`,
        edges: [
          `'-838:59:59'`,
          `'838:59:59'`,
          `'00:00:00'`,
          `'-00:00:00${last}'`,
          `'-00:00:01${nines}'`,
          `'-100:00:00${last}'`,
          `'23:59:59${nines}'`,
        ],
        random: (random) =>
          `'${random.pick(['', '-'])}${random.int(838)}:${two(random.int(60))}:${two(random.int(60))}${fraction(random)}'`,
        compare: 'text',
      },
      {
        name: `datetime_${digits}`,
        definition: `DATETIME(${digits})`,
        edges: [
          `'0000-00-00 00:00:00'`,
          `'2024-00-00 00:00:00'`,
          `'2024-02-00 01:02:03'`,
          `'0001-01-01 00:00:00${last}'`,
          `'1000-01-01 00:00:00'`,
          `'9999-12-31 23:59:59${nines}'`,
          `'2024-02-29 12:00:00${last}'`,
        ],
        random: (random) => `'${date(random)} ${clock(random)}${fraction(random)}'`,
        compare: 'text',
      },
      {
        name: `timestamp_${digits}`,
        definition: `TIMESTAMP(${digits}) NULL`,
        edges: [
          `'0000-00-00 00:00:00'`,
          `'1970-01-01 00:00:01'`,
          `'2038-01-19 03:14:07${nines}'`,
          `'2000-01-01 00:00:00${last}'`,
        ],
        random: (random) =>
          `'${1971 + random.int(66)}${date(random).slice(4)} ${clock(random)}${fraction(random)}'`,
        compare: 'text',
      },
    ];
  });

const decimals = (): TestColumn[] =>
  (
    [
      [1, 0],
      [5, 2],
      [9, 9],
      [10, 0],
      [18, 9],
      [20, 19],
      [30, 10],
      [65, 30],
      [65, 0],
    ] as const
  ).map(([precision, scale]) => {
    const point = scale === 0 ? '' : '.';
    const nines = `${'9'.repeat(precision - scale)}${point}${'9'.repeat(scale)}`;
    const least = scale === 0 ? '1' : `0.${'0'.repeat(scale - 1)}1`;
    return {
      name: `decimal_${precision}_${scale}`,
      definition: `DECIMAL(${precision},${scale})`,
      edges: [nines, `-${nines}`, '0', least, `-${least}`],
      random: (random) =>
        `${random.pick(['', '-'])}${random.digits(random.int(precision - scale + 1)) || '0'}${point}${random.digits(scale)}`,
      compare: 'text',
    };
  });

const strings = (): TestColumn[] => [
  ...[
    ['char_10', 'CHAR(10) CHARACTER SET utf8mb4'],
    ['char_latin1', 'CHAR(30) CHARACTER SET latin1'],
    ['char_255', 'CHAR(255) CHARACTER SET utf8mb4'],
    ['varchar_20', 'VARCHAR(20) CHARACTER SET utf8mb4'],
    ['varchar_300', 'VARCHAR(300) CHARACTER SET utf8mb4'],
    ['tinytext_c', 'TINYTEXT CHARACTER SET utf8mb4'],
    ['text_c', 'TEXT CHARACTER SET utf8mb4'],
    ['mediumtext_c', 'MEDIUMTEXT CHARACTER SET utf8mb4'],
    ['longtext_c', 'LONGTEXT CHARACTER SET utf8mb4'],
  ].map(([name = '', definition = '']): TestColumn => ({
    name,
    definition,
    edges: [
      `''`,
      `'a'`,
      `'  lead'`,
      `'tail  '`,
      `'it''s "quoted" \\\\ and ,'`,
      name === 'char_latin1' ? `'\u20acuro \u00ff'` : `'\u017elu\u0165 \u{1f600}\u00e9'`,
    ],
    random: (random) => `'${random.hex(random.int(10))}'`,
    compare: 'bytes',
  })),
  ...[
    ['binary_8', 'BINARY(8)'],
    ['binary_255', 'BINARY(255)'],
    ['varbinary_20', 'VARBINARY(20)'],
    ['varbinary_300', 'VARBINARY(300)'],
    ['tinyblob_c', 'TINYBLOB'],
    ['blob_c', 'BLOB'],
    ['mediumblob_c', 'MEDIUMBLOB'],
    ['longblob_c', 'LONGBLOB'],
  ].map(([name = '', definition = '']): TestColumn => ({
    name,
    definition,
    edges: [`''`, `X'00'`, `X'00000000000000'`, `X'ff00ff20'`, `X'2020'`, `X'610000'`],
    random: (random) => `X'${random.hex(random.int(9))}'`,
    compare: 'bytes',
  })),
];

const others = (): TestColumn[] => [
  {
    name: 'float_c',
    definition: 'FLOAT',
    edges: ['0', '-0.1', '3.4e38', '1.2e-38', '16777216', '16777217', '0.1', '1e-45', '1234567.5'],
    random: (random) => `${(random.next() - 0.5) * 10 ** (random.int(60) - 30)}`,
    compare: 'float',
  },
  {
    name: 'double_c',
    definition: 'DOUBLE',
    edges: [
      '0',
      '-0.0',
      '1.7976931348623157e308',
      '2.2250738585072014e-308',
      '0.1',
      '1e15',
      '1e14',
      '123456789012345680',
      '1e-5',
      '0.000001',
      '1e-15',
      '1e-16',
      '-1234.5678',
      '1e22',
      '4031796685885637.5',
      '4.0317966858856376e-8',
    ],
    random: (random) => `${(random.next() - 0.5) * 10 ** (random.int(600) - 300)}`,
    compare: 'plain',
  },
  ...[1, 7, 8, 9, 17, 63, 64].map((bits): TestColumn => ({
    name: `bit_${bits}`,
    definition: `BIT(${bits})`,
    edges: [`b'0'`, `b'1'`, `b'${'1'.repeat(bits)}'`, `b'1${'0'.repeat(bits - 1)}'`],
    random: (random) => `b'${Array.from({ length: bits }, () => random.int(2)).join('')}'`,
    compare: 'bit',
  })),
  {
    name: 'enum_c',
    definition: `ENUM('a','b,c','it''s','\u017ee \u00e9','') CHARACTER SET utf8mb4`,
    edges: [`'a'`, `'b,c'`, `'it''s'`, `'\u017ee \u00e9'`, `''`],
    random: (random) => `${1 + random.int(5)}`,
    compare: 'members',
  },
  {
    name: 'enum_300',
    definition: `ENUM(${Array.from({ length: 300 }, (_, i) => `'m${i}'`).join(',')})`,
    edges: [`'m0'`, `'m255'`, `'m299'`],
    random: (random) => `${1 + random.int(300)}`,
    compare: 'members',
  },
  ...[3, 9, 17, 33, 64].map((members): TestColumn => ({
    name: `set_${members}`,
    definition: `SET(${Array.from({ length: members }, (_, i) => `'it''s ${i}'`).join(',')})`,
    edges: [`''`, `1`, `${2n ** BigInt(members) - 1n}`, `${2n ** BigInt(members - 1)}`],
    random: (random) => `${BigInt(`0x${random.hex(8)}`) % 2n ** BigInt(members)}`,
    compare: 'members',
  })),
  {
    name: 'year_c',
    definition: 'YEAR',
    edges: ['0', '1901', '2155', '2000'],
    random: (random) => `${1901 + random.int(255)}`,
    compare: 'text',
  },
  {
    name: 'date_c',
    definition: 'DATE',
    edges: [`'0000-00-00'`, `'2024-00-00'`, `'2024-02-00'`, `'1000-01-01'`, `'9999-12-31'`, `'0001-01-01'`],
    random: (random) => `'${date(random)}'`,
    compare: 'text',
  },
  {
    name: 'geometry_c',
    definition: 'GEOMETRY',
    edges: [
      `ST_GeomFromText('POINT(1 2)')`,
      `ST_GeomFromText('LINESTRING(0 0,1 1,2 3)')`,
      `ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))')`,
      `ST_GeomFromText('POINT(10 20)', 4326)`,
    ],
    random: (random) => `ST_GeomFromText('POINT(${random.next()} ${random.int(1000)})')`,
    compare: 'bytes',
  },
];

const json: TestColumn = {
  name: 'json_c',
  definition: 'JSON',
  edges: [
    `'null'`,
    `'true'`,
    `'[]'`,
    `'{}'`,
    `'""'`,
    `'"\\\\u0000\\\\u001f\\\\" \\\\\\\\ / \\\\b\\\\f\\\\n\\\\r\\\\t \u017e\u{1f600}"'`,
    `'[0, -1, 32767, 32768, -32769, 65535, 65536, 2147483647, 2147483648, 4294967296, 9223372036854775807, -9223372036854775808, 18446744073709551615]'`,
    `'[1.5, 1.0, 0.1, 1e100, 1e-7, 100000000000000000000, 123456.789e3, -0.0]'`,
    `'{"b": 1, "a": 2, "aa": 3, "": 4, "\u017e": [1, {"x": [[]]}]}'`,
    `JSON_OBJECT('d', CAST('2024-02-29' AS DATE), 't', CAST('-12:34:56.789' AS TIME(3)), 'dt', CAST('2024-02-29 12:34:56.000001' AS DATETIME(6)), 'dec', CAST(-12345.678900 AS DECIMAL(20,6)), 'zero', CAST(0.00 AS DECIMAL(5,2)))`,
    `JSON_OBJECT('ts', TIMESTAMP('2024-01-01 00:00:00'), 'bin', CAST(X'00ff10' AS BINARY), 'bit', b'101', 'y', CAST(2024 AS YEAR))`,
    `JSON_ARRAY(REPEAT('x', 127), REPEAT('y', 128), REPEAT('z', 20000), CAST(REPEAT('b', 200) AS BINARY))`,
    `JSON_ARRAY(REPEAT('long ', 20000), 1, 70000, 4294967295, -70000, 'end')`,
    `JSON_OBJECT(REPEAT('k', 300), REPEAT('v', 70000), 'n', -5, 'u', 18446744073709551615)`,
  ],
  random: (random) =>
    `'{"n": ${random.int(1e9)}, "list": [${random.next()}, "${random.hex(5)}", null], "o": {"${random.hex(2)}": ${random.int(2) === 0}}}'`,
  compare: 'text',
};

/** Every column type of MySQL 9.7. */
export function mysqlColumns(): TestColumn[] {
  return [
    ...common(),
    json,
    {
      name: 'vector_c',
      definition: 'VECTOR(3)',
      edges: [`TO_VECTOR('[1,2,3]')`, `TO_VECTOR('[-0.5,1e30,0]')`],
      random: (random) => `TO_VECTOR('[${random.next()},${random.int(9)},${-random.next()}]')`,
      compare: 'bytes',
    },
    {
      name: 'hidden_c',
      definition: 'INT INVISIBLE DEFAULT 7',
      edges: ['1'],
      random: (random) => `${random.int(100)}`,
      compare: 'text',
    },
    generated('virtual_c', 'INT GENERATED ALWAYS AS (tiny * 2) VIRTUAL'),
    generated('stored_c', 'VARCHAR(30) GENERATED ALWAYS AS (CONCAT(small, "x")) STORED'),
  ];
}

/** Every column type of MariaDB 10.11. */
export function mariadbColumns(): TestColumn[] {
  const text = (
    name: string,
    definition: string,
    edges: string[],
    random: TestColumn['random'],
  ): TestColumn => ({
    name,
    definition,
    edges,
    random,
    compare: 'text',
  });
  const packed = (name: string, definition: string): TestColumn => ({
    name,
    definition,
    edges: [`''`, `'x'`, `REPEAT('abc ', 50)`, `REPEAT('\u017elu\u0165 ', 60)`],
    random: (random) => `REPEAT('${random.hex(3)}', ${random.int(40)})`,
    compare: 'bytes',
  });
  return [
    ...common(),
    { ...json, definition: 'JSON', edges: [`'{}'`, `'{"b":1,  "a":[2]}'`, `'"\u017e"'`] },
    text('inet4_c', 'INET4', [`'0.0.0.0'`, `'255.255.255.255'`, `'10.0.0.0'`], (random) => {
      return `'${random.int(256)}.${random.int(256)}.${random.int(256)}.${random.int(256)}'`;
    }),
    text(
      'inet6_c',
      'INET6',
      [
        `'::'`,
        `'::1'`,
        `'::ffff:1.2.3.4'`,
        `'::1.2.3.4'`,
        `'2001:db8::'`,
        `'1:0:0:2:0:0:0:3'`,
        `'1:2:3:4:5:6:7:8'`,
        `'1:0:2:3:4:5:6:7'`,
        `'::ffff:0:0'`,
        `'::1:0'`,
        `'::2:3:4'`,
        `'1::'`,
      ],
      (random) => `'${Array.from({ length: 8 }, () => random.pick(['0', random.hex(2)])).join(':')}'`,
    ),
    text(
      'uuid_c',
      'UUID',
      [
        `'00000000-0000-0000-0000-000000000000'`,
        `'123e4567-e89b-12d3-a456-426614174000'`,
        `'123e4567-e89b-42d3-a456-426614170000'`,
        `'0190163d-8694-739b-aea5-966c26f8ad90'`,
        `'ffffffff-ffff-ffff-ffff-ffffffffffff'`,
        `'12345678-9abc-0def-0123-456789abcdef'`,
      ],
      (random) => {
        const hex = random.hex(16);
        return `'${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}'`;
      },
    ),
    packed('varchar_packed', 'VARCHAR(200) COMPRESSED CHARACTER SET utf8mb4'),
    packed('varchar_packed_2', 'VARCHAR(1000) COMPRESSED CHARACTER SET utf8mb4'),
    packed('text_packed', 'TEXT COMPRESSED CHARACTER SET utf8mb4'),
    packed('blob_packed', 'BLOB COMPRESSED'),
    packed('longtext_packed', 'LONGTEXT COMPRESSED CHARACTER SET utf8mb4'),
    generated('virtual_c', 'INT GENERATED ALWAYS AS (tiny * 2) VIRTUAL'),
    generated('stored_c', 'VARCHAR(30) GENERATED ALWAYS AS (CONCAT(small, "x")) STORED'),
    {
      name: 'hidden_c',
      definition: 'INT INVISIBLE DEFAULT 7',
      edges: ['1'],
      random: (random) => `${random.int(100)}`,
      compare: 'text',
    },
  ];
}

function common(): TestColumn[] {
  return [
    ...integer('tiny', 'TINYINT', 8),
    ...integer('small', 'SMALLINT', 16),
    ...integer('medium', 'MEDIUMINT', 24),
    ...integer('int_c', 'INT', 32),
    ...integer('big', 'BIGINT', 64),
    ...decimals(),
    ...temporal(),
    ...strings(),
    ...others(),
  ];
}

function generated(name: string, definition: string): TestColumn {
  return { name, definition, edges: [], random: () => 'DEFAULT', compare: 'text', generated: true };
}
