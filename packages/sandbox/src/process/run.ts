import { spawn } from 'node:child_process';
import { CommandFailedError, MissingToolError } from '../errors/index.js';

const outputCharsMax = 1_000_000;
const shownLinesMax = 20;

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Default 60 000; then the program is killed and `CommandFailedError` thrown. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Text for its standard input, which is closed otherwise. */
  readonly input?: string;
  /** Called for each line of its output, as it comes. */
  readonly onLine?: (line: string) => void;
  /** What to do when there is no such program. */
  readonly remedy?: string;
}

/**
 * Runs a program to its end and resolves to what it printed on standard output (at most the last million characters).
 * Throws `MissingToolError` when there is no such program, `CommandFailedError` when it fails or takes too long.
 */
export function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const timeoutMs = options.timeoutMs ?? 60_000;
  const command = [file, ...args].join(' ');
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    let out = '';
    let all = '';
    let cause: string | undefined;
    const end = (why: string): void => {
      cause ??= why;
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => end(`no end within ${timeoutMs} ms`), timeoutMs);
    const onAbort = (): void => end('cancelled');
    options.signal?.addEventListener('abort', onAbort, { once: true });
    if (options.signal?.aborted) onAbort();

    const lines = lineSplitter(options.onLine);
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      out = (out + text).slice(-outputCharsMax);
      all = (all + text).slice(-outputCharsMax);
      lines(text);
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      all = (all + text).slice(-outputCharsMax);
      lines(text);
    });
    // A program that ends without reading its input closes the pipe; its exit code tells what matters.
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input);

    const settle = (): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', onAbort);
    };
    child.once('error', (error: NodeJS.ErrnoException) => {
      settle();
      if (error.code === 'ENOENT') {
        reject(
          new MissingToolError(file, options.remedy ?? 'install it and see that it is on PATH', {
            cause: error,
          }),
        );
      } else {
        reject(new CommandFailedError(command, error.message, lastLines(all), { cause: error }));
      }
    });
    child.once('close', (code, signal) => {
      settle();
      if (code === 0 && cause === undefined) resolve(out);
      else {
        const ending = cause ?? (signal === null ? `exit code ${code}` : `signal ${signal}`);
        reject(new CommandFailedError(command, ending, lastLines(all)));
      }
    });
  });
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-shownLinesMax).join('\n');
}

function lineSplitter(onLine: ((line: string) => void) | undefined): (text: string) => void {
  let rest = '';
  return (text) => {
    if (onLine === undefined) return;
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  };
}
