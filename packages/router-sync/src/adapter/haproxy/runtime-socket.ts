import { connect } from 'node:net';

/** A Unix socket path (`/run/haproxy/dcmha.sock`) or `host:port`. */
export type RuntimeAddress = string;

export interface RuntimeSocketOptions {
  readonly address: RuntimeAddress;
  /** For connecting, sending and reading the whole answer. */
  readonly timeoutMs: number;
}

/** HAProxy's runtime socket could not be used. */
export class RuntimeSocketError extends Error {
  override readonly name = 'RuntimeSocketError';
  readonly address: RuntimeAddress;

  constructor(address: RuntimeAddress, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.address = address;
  }
}

/** HAProxy reads a command line into one buffer (`tune.bufsize`, 16384 bytes by default, less a reserve). */
const lineBytesMax = 12_000;
/** `show servers state` has about 100 bytes a server: this is 80,000 servers. */
const answerBytesMax = 8 * 1024 * 1024;

/**
 * Sends commands to HAProxy's runtime socket (management guide, section 9.3 "Unix Socket commands"): many commands in
 * one line, joined by `;`, on a connection of their own, which HAProxy closes after the last answer.
 */
export class RuntimeSocket {
  readonly #options: RuntimeSocketOptions;

  constructor(options: RuntimeSocketOptions) {
    this.#options = options;
  }

  get address(): RuntimeAddress {
    return this.#options.address;
  }

  /**
   * Carries out the commands in order and returns the answer of each as lines; a command that has nothing to say
   * answers with no line. Commands that do not fit one line go in several, in order.
   *
   * @throws {RuntimeSocketError}
   */
  async run(commands: readonly string[], signal?: AbortSignal): Promise<string[][]> {
    const answers: string[][] = [];
    for (const batch of batches(commands)) {
      const text = await this.#exchange(batch.join(';'), signal);
      const parts = splitAnswers(text);
      if (parts.length !== batch.length) {
        throw new RuntimeSocketError(
          this.address,
          `${this.address} gave ${parts.length} answers to ${batch.length} commands; expected one for each, as ` +
            `HAProxy's runtime socket gives them. It said: ${JSON.stringify(text.slice(0, 200))}`,
        );
      }
      answers.push(...parts);
    }
    return answers;
  }

  #exchange(line: string, signal?: AbortSignal): Promise<string> {
    const { address, timeoutMs } = this.#options;
    return new Promise((resolve, reject) => {
      const socket = connect(connectTarget(address));
      const chunks: Buffer[] = [];
      let bytes = 0;
      const finish = (error: RuntimeSocketError | null): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        socket.removeAllListeners();
        socket.on('error', () => {});
        socket.destroy();
        if (error) reject(error);
        else resolve(Buffer.concat(chunks).toString('utf8'));
      };
      const fail = (message: string, cause?: unknown): void =>
        finish(new RuntimeSocketError(address, message, cause));
      const onAbort = (): void => fail(`gave up waiting for HAProxy at ${address}`, signal?.reason);
      const timer = setTimeout(
        () => fail(`HAProxy at ${address} did not answer within ${timeoutMs} ms`),
        timeoutMs,
      );
      if (signal?.aborted) return onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      socket.on('connect', () => socket.write(`${line}\n`));
      socket.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > answerBytesMax) fail(`HAProxy at ${address} answered more than ${answerBytesMax} bytes`);
        else chunks.push(chunk);
      });
      socket.on('end', () => finish(null));
      socket.on('error', (error: NodeJS.ErrnoException) => fail(connectMessage(address, error), error));
    });
  }
}

function connectTarget(address: RuntimeAddress): { path: string } | { host: string; port: number } {
  if (address.startsWith('/')) return { path: address };
  const match = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(address);
  if (!match) {
    throw new RuntimeSocketError(
      address,
      `"${address}" is no address of a runtime socket; expected an absolute path or host:port`,
    );
  }
  return { host: (match[1] ?? match[2])!, port: Number(match[3]) };
}

function connectMessage(address: RuntimeAddress, error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return `there is no HAProxy runtime socket ${address}; start HAProxy with "stats socket ${address} level admin"`;
    case 'ECONNREFUSED':
      return `HAProxy at ${address} is not running (connection refused)`;
    case 'EACCES':
      return `no permission to open HAProxy's runtime socket ${address}; check its mode, user and group`;
    default:
      return `HAProxy at ${address} cannot be reached: ${error.message}`;
  }
}

function* batches(commands: readonly string[]): Generator<string[]> {
  let batch: string[] = [];
  let bytes = 0;
  for (const command of commands) {
    if (/[;\n\r]/.test(command)) throw new TypeError(`a runtime command holds no ";" or newline: ${command}`);
    const size = Buffer.byteLength(command) + 1;
    if (batch.length > 0 && bytes + size > lineBytesMax) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(command);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** Each answer ends with an empty line and holds none. */
export function splitAnswers(text: string): string[][] {
  const answers: string[][] = [];
  let current: string[] = [];
  for (const line of text.split('\n').slice(0, -1)) {
    if (line === '') {
      answers.push(current);
      current = [];
    } else {
      current.push(line);
    }
  }
  if (current.length > 0) answers.push(current);
  return answers;
}
