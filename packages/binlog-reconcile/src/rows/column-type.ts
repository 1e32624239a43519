/**
 * Column types as TABLE_MAP events number them (MySQL `field_types.h`; 140 and 141 are MariaDB's compressed columns).
 */
export const ColumnType = {
  Decimal: 0,
  Tiny: 1,
  Short: 2,
  Long: 3,
  Float: 4,
  Double: 5,
  Null: 6,
  Timestamp: 7,
  LongLong: 8,
  Int24: 9,
  Date: 10,
  Time: 11,
  DateTime: 12,
  Year: 13,
  NewDate: 14,
  VarChar: 15,
  Bit: 16,
  Timestamp2: 17,
  DateTime2: 18,
  Time2: 19,
  TypedArray: 20,
  BlobCompressed: 140,
  VarCharCompressed: 141,
  Vector: 242,
  Bool: 244,
  Json: 245,
  NewDecimal: 246,
  Enum: 247,
  Set: 248,
  TinyBlob: 249,
  MediumBlob: 250,
  LongBlob: 251,
  Blob: 252,
  VarString: 253,
  String: 254,
  Geometry: 255,
} as const;

/** One of the numbers of {@link ColumnType}. */
export type ColumnTypeCode = (typeof ColumnType)[keyof typeof ColumnType];
