export { buildFolder, buildPath } from './build-path.js';
export type { Layout, LayoutOptions } from './layout.js';
export { createLayout } from './layout.js';
export type { ParsedFolder, ParsedNode, ParsedPath, UnknownPath } from './parse-path.js';
export { parsePath } from './parse-path.js';
export { PathError } from './path-error.js';
