import { createHash, randomInt, timingSafeEqual } from 'node:crypto';
import { SCRAMBLE_BYTES } from './handshake.js';

/** Authentication plugins that a replica may answer with. */
export type AuthPlugin = 'caching_sha2_password' | 'mysql_native_password';

/** A random scramble, of bytes that no client takes for the end of a text. */
export function newScramble(): Buffer {
  return Buffer.from(Array.from({ length: SCRAMBLE_BYTES }, () => randomInt(1, 128)));
}

/**
 * Whether `answer` is what a client that knows the password makes of the scramble.
 *
 * - `caching_sha2_password`: SHA256(p) xor SHA256(SHA256(SHA256(p)), scramble). A server that keeps only a slow hash of the
 *   password cannot check this until it has seen the password once, over TLS or RSA. Here the password itself is known,
 *   made for one operation, so this fast path always decides and no password ever travels.
 * - `mysql_native_password`: SHA1(p) xor SHA1(scramble, SHA1(SHA1(p))).
 */
export function isRightAnswer(
  plugin: AuthPlugin,
  password: string,
  scramble: Buffer,
  answer: Buffer,
): boolean {
  const expected = expectedAnswer(plugin, password, scramble);
  return answer.length === expected.length && timingSafeEqual(answer, expected);
}

/** Bytes of an answer: one of another length was made for another plugin, or for none. */
export const answerBytes: Readonly<Record<AuthPlugin, number>> = {
  caching_sha2_password: 32,
  mysql_native_password: 20,
};

function expectedAnswer(plugin: AuthPlugin, password: string, scramble: Buffer): Buffer {
  const algorithm = plugin === 'caching_sha2_password' ? 'sha256' : 'sha1';
  const hash = (...parts: readonly (Buffer | string)[]): Buffer => {
    const made = createHash(algorithm);
    for (const part of parts) made.update(part);
    return made.digest();
  };
  const once = hash(password);
  const twice = hash(once);
  const mask = plugin === 'caching_sha2_password' ? hash(twice, scramble) : hash(scramble, twice);
  return Buffer.from(once.map((byte, i) => byte ^ (mask[i] as number)));
}
