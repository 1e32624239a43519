/**
 * Where a part of dcmha writes what it does. Structural, so that winston, pino, `console` and a test's array all fit;
 * `meta` holds facts as plain data, never secrets.
 */
export interface Logger {
  debug(message: string, meta?: object): void;
  info(message: string, meta?: object): void;
  warn(message: string, meta?: object): void;
  error(message: string, meta?: object): void;
}
