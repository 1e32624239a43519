export type { Logger } from './logger.js';
export { silentLogger } from './silent-logger.js';
