export { ExitCode } from './exit-code.js';
export { main } from './main.js';
export type { Io } from './command/io.js';
