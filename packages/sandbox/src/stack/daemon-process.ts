import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ManagedServer, type ManagedServerContext } from '../process/managed-server.js';
import type { ProcessSpec } from '../process/owned-process.js';

export type DaemonKind = 'agent' | 'engine' | 'router';

export interface DaemonOptions {
  readonly kind: DaemonKind;
  /** Within the sandbox, for example `agent-1`. */
  readonly name: string;
  /** Path of the `dcmha` program (a JavaScript file). */
  readonly dcmha: string;
  /** Written as JSON, for `--config`. */
  readonly config: object;
  /** Deadline for it, default 30 000. */
  readonly readyTimeoutMs?: number;
  /** More environment. */
  readonly env?: Readonly<Record<string, string>>;
}

const readyEvent = /^\{"event":"ready"/;
const defaultReadyTimeoutMs = 30_000;

/** A daemon of dcmha as a process of its own, run as an operator runs it: `dcmha agent --config FILE`. */
export class DaemonProcess extends ManagedServer {
  readonly kind: DaemonKind;
  readonly configFile: string;
  readonly #options: DaemonOptions;
  readonly #folder: string;
  #logOffset = 0;

  constructor(context: ManagedServerContext, folder: string, options: DaemonOptions) {
    super(context, options.name, join(folder, `${options.name}.log`));
    this.kind = options.kind;
    this.#options = options;
    this.#folder = folder;
    this.configFile = join(folder, `${options.name}.json`);
  }

  /** Writes the configuration file, readable by this user only: it holds passwords. */
  async prepare(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    await writeFile(this.configFile, `${JSON.stringify(this.#options.config, null, 2)}\n`, { mode: 0o600 });
  }

  protected override get readyTimeoutMs(): number {
    return this.#options.readyTimeoutMs ?? defaultReadyTimeoutMs;
  }

  protected override async spec(): Promise<ProcessSpec> {
    const { kind, name, dcmha, env } = this.#options;
    // What an earlier run said does not count.
    this.#logOffset = await readFile(this.logFile, 'utf8').then(
      (log) => log.length,
      () => 0,
    );
    return {
      name,
      file: process.execPath,
      args: [dcmha, kind, '--config', this.configFile],
      cwd: this.#folder,
      ...(env ? { env: { ...process.env, ...env } } : {}),
      logFile: this.logFile,
    };
  }

  /** A daemon prints one line of JSON, `{"event":"ready",...}`, once it does its work. */
  protected override async probe(): Promise<void> {
    const log = await readFile(this.logFile, 'utf8');
    const isReady = log
      .slice(this.#logOffset)
      .split('\n')
      .some((line) => readyEvent.test(line));
    if (!isReady) throw new Error('it has not said that it is ready');
  }
}
