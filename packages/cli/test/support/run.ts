import { PassThrough, Readable } from 'node:stream';
import { main } from '../../src/index.js';

export interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line of stdout, as JSON. */
  json<Result = Record<string, unknown>>(): Result;
}

export interface RunOptions {
  readonly env?: Record<string, string>;
  readonly stdin?: string;
  readonly signal?: AbortSignal;
  /** Called with all of stdout so far. */
  readonly onStdout?: (text: string) => void;
}

/** Runs `dcmha` in this process. */
export async function dcmha(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const [out, err] = [collect(stdout, options.onStdout), collect(stderr)];
  const exitCode = await main(args, {
    stdin: Readable.from(options.stdin === undefined ? [] : [options.stdin]),
    stdout,
    stderr,
    env: { HOME: '/nonexistent', ...options.env },
    signal: options.signal ?? new AbortController().signal,
  });
  stdout.end();
  stderr.end();
  const [stdoutText, stderrText] = await Promise.all([out, err]);
  return {
    exitCode,
    stdout: stdoutText,
    stderr: stderrText,
    json: <Result>() => JSON.parse(stdoutText.trimEnd().split('\n').at(-1)!) as Result,
  };
}

async function collect(stream: PassThrough, onText?: (text: string) => void): Promise<string> {
  let text = '';
  for await (const chunk of stream) {
    text += String(chunk);
    onText?.(text);
  }
  return text;
}
