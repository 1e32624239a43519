import type { Logger } from './logger.js';

const nothing = (): void => undefined;

/** A logger that drops everything: the default of libraries, so that embedding dcmha prints nothing unasked. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
