import { ZooKeeperError } from '../errors.js';
import { JuteError } from '../jute/jute-error.js';
import type { JuteReader } from '../jute/jute-reader.js';
import type { JuteWriter } from '../jute/jute-writer.js';
import { OpCode } from '../protocol/op-code.js';
import { DigestMd5, DigestMd5Error } from '../sasl/digest-md5.js';
import type { SaslOptions } from './options.js';

/** Moves the tokens of one SASL exchange: `GetSASLRequest` and `SetSASLResponse` (zookeeper.jute). */
export class SaslExchange {
  readonly #digest: DigestMd5;
  readonly #username: string;
  #xid = 0;

  constructor({ username, password, digestUri = 'zookeeper/zk-sasl-md5' }: SaslOptions) {
    this.#username = username;
    this.#digest = new DigestMd5({ username, password, digestUri });
  }

  /** DIGEST-MD5 begins with the server's challenge, which an empty token asks for. */
  start(writer: JuteWriter): void {
    this.#send(writer, Buffer.alloc(0));
  }

  /**
   * Takes an answer; writes the next token. True when the exchange has succeeded.
   * @throws ZooKeeperError `AUTH_FAILED`; JuteError when the frame is malformed.
   */
  answer(reader: JuteReader, writer: JuteWriter): boolean {
    const xid = reader.int();
    reader.long();
    const error = reader.int();
    if (xid !== this.#xid) throw new JuteError(`an answer to request ${xid} came during authentication`);
    if (error !== 0) throw this.#failed(`the server refused them (error ${error})`);
    const token = reader.buffer();
    try {
      if (this.#digest.hasResponded) {
        this.#digest.verify(token);
        return true;
      }
      this.#send(writer, this.#digest.respond(token));
      return false;
    } catch (cause) {
      if (cause instanceof DigestMd5Error) throw this.#failed(cause.message, cause);
      throw cause;
    }
  }

  #send(writer: JuteWriter, token: Buffer): void {
    this.#xid += 1;
    const mark = writer.beginFrame();
    writer.int(this.#xid);
    writer.int(OpCode.sasl);
    writer.buffer(token);
    writer.endFrame(mark);
  }

  #failed(why: string, cause?: unknown): ZooKeeperError {
    return new ZooKeeperError(
      'AUTH_FAILED',
      `SASL DIGEST-MD5 with the credentials of ${JSON.stringify(this.#username)}: ${why}`,
      { cause },
    );
  }
}
