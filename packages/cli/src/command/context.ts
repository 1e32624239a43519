import type { Io } from './io.js';

/** What a command works with while it runs. */
export interface Context extends Io {
  /** Print JSON for programs instead of text for people. */
  readonly json: boolean;
  /** The result, on stdout: as one line of JSON with --json, else the text. */
  result(data: unknown, text: () => string): void;
  /** A line about what goes on, on stderr; not part of the result. */
  progress(line: string): void;
}

export function makeContext(io: Io, json: boolean): Context {
  return {
    ...io,
    json,
    result(data, text) {
      io.stdout.write(`${json ? toJson(data) : text()}\n`);
    },
    progress(line) {
      io.stderr.write(`${line}\n`);
    },
  };
}

/** JSON of plain data; a bigint becomes a number where that is exact, else a string. */
export function toJson(data: unknown): string {
  return JSON.stringify(data, (_key, value: unknown) => {
    if (typeof value !== 'bigint') return value;
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  });
}
