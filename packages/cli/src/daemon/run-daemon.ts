import type { Logger } from '@dcmha/zk-schema';
import type { z } from 'zod';
import { toJson, type Context } from '../command/context.js';
import { loadConfig } from '../config/load-config.js';
import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';
import { makeLogger, type LogFormat, type LogLevel } from '../logging/logger.js';

export interface DaemonHandle {
  close(): Promise<void>;
  /** Where it answers over HTTP. */
  readonly endpoint?: string;
}

export interface Daemon<Schema extends z.ZodType> {
  /** `agent`, `engine`, `router`. */
  readonly name: string;
  readonly schema: Schema;
  readonly start: (config: z.output<Schema>, tools: { logger: Logger }) => Promise<DaemonHandle>;
}

export interface DaemonArgs {
  readonly config: string;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat | undefined;
}

const closeTimeoutMs = 10_000;

/**
 * Runs a daemon until SIGTERM or SIGINT. Its log goes to stderr; on stdout there is one line of JSON once it is ready
 * (`{"event":"ready",...}`) and one when it has ended.
 */
export async function runDaemon<Schema extends z.ZodType>(
  daemon: Daemon<Schema>,
  args: DaemonArgs,
  context: Context,
): Promise<ExitCode> {
  const startedAtMs = performance.now();
  const { config, secrets } = await loadConfig(args.config, daemon.schema, context.env);
  const logger = makeLogger({
    level: args.logLevel,
    format: args.logFormat ?? (isTerminal(context.stderr) ? 'pretty' : 'json'),
    secrets,
    stream: context.stderr,
    facts: { daemon: daemon.name },
  });
  const say = (event: string, facts: object = {}): void => {
    context.stdout.write(`${toJson({ event, daemon: daemon.name, pid: process.pid, ...facts })}\n`);
  };
  const onCrash = (error: Error): void =>
    logger.error('crashed', { error: error.message, stack: error.stack });
  process.on('uncaughtExceptionMonitor', onCrash);
  try {
    const handle = await daemon.start(config, { logger });
    try {
      say('ready', { tookMs: Math.round(performance.now() - startedAtMs), endpoint: handle.endpoint });
      await aborted(context.signal);
      logger.info('ending', { signal: String(context.signal.reason) });
    } finally {
      await closeInTime(daemon.name, handle);
    }
    say('ended');
    return ExitCode.ok;
  } finally {
    process.off('uncaughtExceptionMonitor', onCrash);
    await logger.close();
  }
}

async function closeInTime(name: string, handle: DaemonHandle): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new CliError(`the ${name} did not end within ${closeTimeoutMs} ms`, {
            remedy: 'send SIGTERM again',
          }),
        ),
      closeTimeoutMs,
    );
  });
  try {
    await Promise.race([handle.close(), late]);
  } finally {
    clearTimeout(timer);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

const isTerminal = (stream: unknown): boolean =>
  typeof stream === 'object' && stream !== null && 'isTTY' in stream && stream.isTTY === true;
