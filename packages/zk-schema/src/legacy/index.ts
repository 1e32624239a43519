export { decodeLegacy } from './decode-legacy.js';
export type { LegacyContext, LegacyHostMeta } from './legacy-context.js';
export { LegacyValueError } from './legacy-context.js';
export { legacyHost, legacyHostSegment } from './legacy-host.js';
export { PythonLiteralError } from './python-literal-error.js';
export type { PythonValue } from './python-literal.js';
export { parsePythonLiteral } from './python-literal.js';
