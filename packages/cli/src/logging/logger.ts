import type { Writable } from 'node:stream';
import type { Logger } from '@dcmha/zk-schema';
import { createLogger, format, transports } from 'winston';
import { Redactor } from './redactor.js';

export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];
export const logFormats = ['json', 'pretty'] as const;
export type LogFormat = (typeof logFormats)[number];

export interface LoggerOptions {
  readonly level: LogLevel;
  /** `json`: one object a line; `pretty`: for reading along. */
  readonly format: LogFormat;
  /** Texts that must not appear. */
  readonly secrets: readonly string[];
  readonly stream: Writable;
  /** Facts on every line, such as the name of the daemon. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

export interface ClosableLogger extends Logger {
  /** Resolves when everything is written. */
  close(): Promise<void>;
}

/** The one logger of the daemons: winston, structured, without secrets. */
export function makeLogger(options: LoggerOptions): ClosableLogger {
  const redactor = new Redactor(options.secrets);
  const winston = createLogger({
    level: options.level,
    format: format.printf(({ level, message, ...meta }) => {
      const facts = redactor.value({ ...options.facts, ...meta }) as Record<string, unknown>;
      const text = redactor.text(String(message));
      const time = new Date().toISOString();
      if (options.format === 'json') return JSON.stringify({ time, level, message: text, ...facts });
      const rest = Object.entries(facts).map(([key, value]) => ` ${key}=${short(value)}`);
      return `${time.slice(11, 23)} ${level.toUpperCase().padEnd(5)} ${text}${rest.join('')}`;
    }),
    transports: [new transports.Stream({ stream: options.stream })],
  });
  const write =
    (level: LogLevel) =>
    (message: string, meta?: object): void => {
      // `level` and `message` are winston's own keys.
      const { level: metaLevel, message: metaMessage, ...rest } = (meta ?? {}) as Record<string, unknown>;
      winston.log({
        ...rest,
        ...(metaLevel === undefined ? {} : { metaLevel }),
        ...(metaMessage === undefined ? {} : { detail: metaMessage }),
        level,
        message,
      });
    };
  return {
    error: write('error'),
    warn: write('warn'),
    info: write('info'),
    debug: write('debug'),
    close: () =>
      new Promise((resolve) => {
        winston.once('finish', () => resolve());
        winston.end();
      }),
  };
}

const short = (value: unknown): string =>
  typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
