export { charsetOfCollation } from './charset/collations.js';
export type { DecodeText } from './charset/decode-text-type.js';
export { textDecoder } from './charset/decode-text.js';
export * from './column-type.js';
export { mayGenerateCode, setCodeGeneration } from './decoder/code-generation.js';
export {
  PartialJsonError,
  SchemaMismatchError,
  UnknownColumnMetadataError,
  UnknownTableError,
} from './errors.js';
export { applyJsonDiffs } from './json/diff.js';
export * from './json/json-node.js';
export { jsonNodeText } from './json/node-text.js';
export { parseJsonBinary } from './json/parse.js';
export { jsonText } from './json/print.js';
export * from './model.js';
export { countRows, eventRows, findRows, type FoundRows, readRows, tableIdOf } from './rows-event.js';
export { TableMapCache } from './table/table-map-cache.js';
export { ParsedTableMap, parseTableMap } from './table/table-map.js';
export { withSchema } from './table/with-schema.js';
export { enumName, setNames, valueText } from './value-text.js';
export { doubleText, shortestFloat32 } from './values/floating.js';
