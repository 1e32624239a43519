import { lookup } from 'node:dns/promises';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { HostPort } from '../address/connect-string.js';

/** What TLS to a server needs; the names and meanings are those of `tls.connect` of Node. */
export type TlsOptions = Pick<
  ConnectionOptions,
  | 'ca'
  | 'cert'
  | 'key'
  | 'pfx'
  | 'passphrase'
  | 'servername'
  | 'rejectUnauthorized'
  | 'checkServerIdentity'
  | 'minVersion'
  | 'maxVersion'
  | 'ciphers'
  | 'secureContext'
>;

export interface TransportListener {
  onOpen(): void;
  onData(chunk: Buffer): void;
  /** Once, and nothing after it. Not called after `destroy()`. */
  onLost(reason: string): void;
}

export interface TransportTarget {
  readonly host: HostPort;
  /** Which of the addresses of a name to take (counts up; modulo their number). */
  readonly attempt: number;
  readonly tls: TlsOptions | undefined;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Errors of OpenSSL have the gist in a field of their own, and source lines in their message.
  const { code, reason } = error as NodeJS.ErrnoException & { reason?: unknown };
  if (typeof reason === 'string' && reason !== '') return code ? `${reason} (${code})` : reason;
  return error.message || code || error.name;
}

/**
 * One connection, TCP or TLS: a thin shell that resolves the name anew each time, reports what happens and leaves every
 * decision, timeouts included, to its listener.
 */
export class Transport {
  readonly #listener: TransportListener;
  #socket: Socket | undefined;
  #isDone = false;

  constructor(target: TransportTarget, listener: TransportListener) {
    this.#listener = listener;
    if (isIP(target.host.host)) this.#open(target, target.host.host);
    else void this.#resolve(target);
  }

  write(bytes: Buffer): void {
    if (!this.#isDone) this.#socket?.write(bytes);
  }

  /** Ends the connection now; nothing is reported any more. */
  destroy(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#socket?.destroy();
  }

  async #resolve(target: TransportTarget): Promise<void> {
    try {
      const addresses = await lookup(target.host.host, { all: true });
      const chosen = addresses[target.attempt % addresses.length];
      if (this.#isDone) return;
      if (chosen) this.#open(target, chosen.address);
      else this.#lose(`${target.host.host} has no address`);
    } catch (error) {
      this.#lose(describe(error));
    }
  }

  #open({ host, tls }: TransportTarget, address: string): void {
    const where = { host: address, port: host.port, noDelay: true };
    const socket = tls
      ? connectTls({ ...where, ...(isIP(host.host) ? {} : { servername: host.host }), ...tls })
      : connectTcp(where);
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on(tls ? 'secureConnect' : 'connect', () => {
      if (!this.#isDone) this.#listener.onOpen();
    });
    socket.on('data', (chunk: Buffer) => {
      if (!this.#isDone) this.#listener.onData(chunk);
    });
    socket.on('error', (error) => this.#lose(describe(error)));
    socket.on('end', () => this.#lose('the server closed the connection'));
    socket.on('close', () => this.#lose('the connection was closed'));
  }

  #lose(reason: string): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#socket?.destroy();
    this.#listener.onLost(reason);
  }
}
