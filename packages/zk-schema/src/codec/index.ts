export { decodeValue } from './decode-value.js';
export { encodeValue } from './encode-value.js';
export { NodeValueError } from './node-value-error.js';
