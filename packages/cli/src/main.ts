import { readFileSync } from 'node:fs';
import yargs from 'yargs';
import { commands } from './commands/index.js';
import { makeContext, toJson } from './command/context.js';
import type { ChosenCommand, GlobalArgs } from './command/define-command.js';
import type { Io } from './command/io.js';
import { processIo } from './command/process-io.js';
import { didYouMean } from './config/did-you-mean.js';
import { CliError } from './errors/cli-error.js';
import { explainError } from './errors/explain-error.js';
import { ExitCode } from './exit-code.js';

/** Runs `dcmha` with these arguments (without `node` and the script) and resolves to its exit code. Never rejects. */
export async function main(argv: readonly string[], io?: Io): Promise<number> {
  if (io !== undefined) return run(argv, io);
  const own = processIo();
  try {
    return await run(argv, own.io);
  } finally {
    own.release();
  }
}

async function run(argv: readonly string[], io: Io): Promise<number> {
  let parsed: Parsed;
  try {
    parsed = await parse(argv);
  } catch (error) {
    return report(error, argv.includes('--debug'), argv.includes('--json'), io);
  }
  if (parsed.output !== '') io.stdout.write(`${parsed.output}\n`);
  if (parsed.chosen === undefined) return ExitCode.ok;
  const { args, command } = parsed.chosen;
  try {
    return (await command(makeContext(io, args.json))) ?? ExitCode.ok;
  } catch (error) {
    if (io.signal.aborted && isAbort(error)) return ExitCode.interrupted;
    return report(error, args.debug, args.json, io);
  }
}

interface Parsed {
  /** Help, version or a completion script that yargs made. */
  readonly output: string;
  readonly chosen?: { readonly args: GlobalArgs; readonly command: ChosenCommand };
}

async function parse(argv: readonly string[]): Promise<Parsed> {
  let chosen: Parsed['chosen'];
  const modules = commands.map((command) =>
    command((args, run) => {
      chosen = { args, command: run };
    }),
  );
  const names = modules.map((module) => String(module.command).split(' ')[0]!);
  const parser = modules.reduce(
    (built, module) => built.command(module),
    yargs()
      .scriptName('dcmha')
      .usage('$0 <command>\n\nHigh availability for MySQL groups.')
      .option('json', {
        type: 'boolean',
        default: false,
        describe: 'print the result as one line of JSON',
        global: true,
      })
      .option('debug', { type: 'boolean', default: false, describe: 'print stack traces', global: true }),
  );
  parser
    .demandCommand(1, 'no command given')
    .recommendCommands()
    .showHelpOnFail(false)
    .strictCommands()
    .strict()
    .completion('completion', 'print a completion script for your shell: source <(dcmha completion)')
    .version(version())
    .alias('help', 'h')
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    .exitProcess(false)
    .epilogue(
      'Exit codes: 0 done, 1 failed or refused, 2 wrong usage or configuration, 3 unreachable, 4 timed out.',
    );
  if (argv.includes('--get-yargs-completions')) {
    // yargs prints completions itself, and those of nested commands only so.
    await parser.parseAsync([...argv]);
    return { output: '' };
  }
  return new Promise((resolve, reject) => {
    void parser.parse([...argv], {}, (error: Error | undefined | null, _args: unknown, output: string) => {
      if (error) reject(usageError(error.message, names));
      else resolve({ output, chosen });
    });
  });
}

function usageError(message: string, names: readonly string[]): CliError {
  const unknown = /^Unknown command: (\S+)$/.exec(message)?.[1];
  const what =
    unknown === undefined
      ? lowerFirst(message)
      : `there is no command "${unknown}"${didYouMean(unknown, names)}`;
  return new CliError(what, { remedy: 'see dcmha --help', exitCode: ExitCode.usage });
}

function report(error: unknown, debug: boolean, json: boolean, io: Io): number {
  const { message, exitCode, code } = explainError(error);
  io.stderr.write(`dcmha: ${message}\n`);
  if (debug && error instanceof Error) io.stderr.write(`${stackOf(error)}\n`);
  if (json) {
    io.stdout.write(
      `${toJson({ ok: false, error: { message, ...(code === undefined ? {} : { code }), exitCode } })}\n`,
    );
  }
  return exitCode;
}

function stackOf(error: Error): string {
  const own = error.stack ?? error.message;
  return error.cause instanceof Error ? `${own}\ncaused by: ${stackOf(error.cause)}` : own;
}

const isAbort = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'AbortError' || ('code' in error && error.code === 'ABORTED'));

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

function version(): string {
  const file = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(file) as { version: string }).version;
}
