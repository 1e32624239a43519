import { ZooKeeperError } from '../errors.js';
import type { JuteWriter } from '../jute/jute-writer.js';
import { errorCodeOf, explain } from '../protocol/error-code.js';
import { OpCode, Xid } from '../protocol/op-code.js';
import { Fifo } from './fifo.js';
import type { AuthEntry } from './options.js';

interface Waiter {
  readonly title: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface Credential extends AuthEntry {
  /** Given in the options, or accepted by a server before: its refusal ends the client. */
  isEstablished: boolean;
  /** Settles the call that adds it; nothing when none waits (any more). */
  settle?: (error?: ZooKeeperError) => void;
}

/** The credentials of a session: sent again on each connection, in the order they were added. */
export class Credentials {
  readonly #all: Credential[];
  /** Sent on the present connection and not answered yet. */
  readonly #sent = new Fifo<Credential>();

  constructor(configured: readonly AuthEntry[]) {
    this.#all = configured.map(({ scheme, auth }) => ({ scheme, auth, isEstablished: true }));
  }

  all(): readonly AuthEntry[] {
    return this.#all;
  }

  add(entry: AuthEntry, { title, timeoutMs, signal, resolve, reject }: Waiter): AuthEntry {
    const credential: Credential = { ...entry, isEstablished: false };
    const giveUp = (code: 'OPERATION_TIMEOUT' | 'ABORTED', why: string): void => {
      this.#remove(credential);
      credential.settle?.(new ZooKeeperError(code, `${title}: ${why}`, { cause: signal?.reason }));
    };
    const onAbort = (): void => giveUp('ABORTED', 'aborted by its signal');
    const timer = setTimeout(
      () => giveUp('OPERATION_TIMEOUT', `no server accepted it within ${timeoutMs} ms`),
      timeoutMs,
    );
    signal?.addEventListener('abort', onAbort, { once: true });
    credential.settle = (error) => {
      delete credential.settle;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      if (error) reject(error);
      else resolve();
    };
    this.#all.push(credential);
    return credential;
  }

  /** Writes an `AuthPacket` (zookeeper.jute); the server does not look at its type, which is 0. */
  write(writer: JuteWriter, credential: AuthEntry): void {
    const mark = writer.beginFrame();
    writer.int(Xid.auth);
    writer.int(OpCode.auth);
    writer.int(0);
    writer.string(credential.scheme);
    writer.buffer(credential.auth);
    writer.endFrame(mark);
    this.#sent.push(credential as Credential);
  }

  /** Takes the answer to the oldest one sent; returns an error when it ends the client. */
  answered(error: number): ZooKeeperError | undefined {
    const credential = this.#sent.shift();
    if (!credential) return undefined;
    if (error === 0) {
      credential.isEstablished = true;
      credential.settle?.();
      return undefined;
    }
    const refusal = new ZooKeeperError(
      errorCodeOf(error),
      `auth ${credential.scheme}: ${explain(error)}, or it has no provider for this scheme`,
    );
    if (credential.isEstablished) return refusal;
    this.#remove(credential);
    credential.settle?.(refusal);
    return undefined;
  }

  connectionLost(): void {
    this.#sent.drain();
  }

  /** The session is over: fails the calls that still wait. */
  end(error: (title: string) => ZooKeeperError | undefined): void {
    for (const credential of this.#all) credential.settle?.(error(`addAuth ${credential.scheme}`));
  }

  #remove(credential: Credential): void {
    const index = this.#all.indexOf(credential);
    if (index !== -1) this.#all.splice(index, 1);
  }
}
