import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { GtidParseError } from '@dcmha/binlog-reconcile/gtid';
import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';

const textBytesMax = 64 * 1024 * 1024;

/** The text of a set as it is given on the command line: itself, `@FILE`, or `-` for stdin. @throws {CliError} */
export async function gtidText(argument: string, stdin: Readable): Promise<string> {
  if (argument === '@-') return readAll(stdin);
  if (!argument.startsWith('@')) return argument;
  const path = argument.slice(1);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new CliError(`the file ${path} cannot be read: ${(error as Error).message}`, {
      exitCode: ExitCode.usage,
      cause: error,
    });
  }
}

/** Runs what parses sets; a text that is none is the caller's mistake. @throws {CliError} */
export function withGtids<Result>(use: () => Result): Result {
  try {
    return use();
  } catch (error) {
    if (!(error instanceof GtidParseError) && (error as Error).name !== 'MixedGtidFlavorsError') throw error;
    throw new CliError((error as Error).message, { exitCode: ExitCode.usage, cause: error });
  }
}

async function readAll(stdin: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stdin as AsyncIterable<Buffer | string>) {
    const buffer = Buffer.from(chunk);
    bytes += buffer.length;
    if (bytes > textBytesMax) {
      throw new CliError(`stdin has more than ${textBytesMax} bytes`, {
        expected: 'expected a GTID set',
        exitCode: ExitCode.usage,
      });
    }
    chunks.push(buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
