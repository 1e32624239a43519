import { PassThrough, Readable } from 'node:stream';
import { main } from '../../src/index.js';

export interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line of stdout, as JSON. */
  json<Result = Record<string, unknown>>(): Result;
}

/** Runs `dcmha` in this process. */
export async function dcmha(
  args: readonly string[],
  options: { readonly env?: Record<string, string>; readonly signal?: AbortSignal } = {},
): Promise<Run> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const [out, err] = [collect(stdout), collect(stderr)];
  const exitCode = await main(args, {
    stdin: Readable.from([]),
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

async function collect(stream: PassThrough): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}
