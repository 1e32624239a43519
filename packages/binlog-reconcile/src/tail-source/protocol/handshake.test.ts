import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../events/decode-error.js';
import { recorded } from '../testing/recorded.js';
import { asksForTls, greetingPayload, parseLogin } from './handshake.js';
import { answerBytes, isRightAnswer, newScramble, type AuthPlugin } from './passwords.js';

/** The scramble in a recorded greeting: 8 bytes behind the version and the connection id, 12 more behind 19 bytes. */
function scrambleOf(greeting: Buffer): Buffer {
  const at = greeting.indexOf(0, 1) + 1 + 4;
  return Buffer.concat([greeting.subarray(at, at + 8), greeting.subarray(at + 27, at + 39)]);
}

describe('the login of a replica', () => {
  it.each([
    ['MySQL 9.7', recorded.mysql, 'caching_sha2_password'],
    ['MariaDB 10.11', recorded.mariadb, 'mysql_native_password'],
  ] as const)('is understood as %s sends it, and its password checked', (_, { greeting, login }, plugin) => {
    const parsed = parseLogin(login);
    expect(parsed).toMatchObject({ user: 'repl', plugin });
    const answer = parsed?.answer ?? Buffer.alloc(0);
    expect(answer).toHaveLength(answerBytes[plugin]);
    const scramble = scrambleOf(greeting);
    expect(isRightAnswer(plugin, 'repl-secret', scramble, answer)).toBe(true);
    expect(isRightAnswer(plugin, 'repl-secret', newScramble(), answer)).toBe(false);
    expect(isRightAnswer(plugin, 'another', scramble, answer)).toBe(false);
    expect(isRightAnswer(plugin, 'repl-secret', scramble, answer.subarray(1))).toBe(false);
  });

  it('may ask for TLS first, with a packet that ends behind its flags', () => {
    const { login } = recorded.mysql;
    const request = Buffer.from(login.subarray(0, 32));
    expect(asksForTls(request)).toBe(false);
    request.writeUInt32LE((request.readUInt32LE(0) | 0x800) >>> 0, 0);
    expect(asksForTls(request)).toBe(true);
    expect(asksForTls(Buffer.concat([request, Buffer.from('user\0')]))).toBe(false);
  });

  it('is refused wherever it is cut off, and never read beyond its end', () => {
    const { login } = recorded.mysql;
    for (let length = 0; length < 67; length++) {
      expect(() => {
        const parsed = parseLogin(login.subarray(0, length));
        if (parsed?.answer.length === 32) throw new Error('an answer out of nothing');
      }).toThrow(DecodeError);
    }
  });
});

it('the greeting has the fields of a real server where a real server has them', () => {
  const real = recorded.mysql.greeting;
  const made = greetingPayload({
    serverVersion: '9.7.4-2',
    connectionId: 13,
    scramble: scrambleOf(real),
    plugin: 'caching_sha2_password' satisfies AuthPlugin,
    tls: true,
  });
  expect(made).toHaveLength(real.length);
  const capabilities = (payload: Buffer): number =>
    payload.readUInt16LE(real.indexOf(0, 1) + 14) + payload.readUInt16LE(real.indexOf(0, 1) + 19) * 65_536;
  // Nothing is offered that the real one does not offer.
  expect(capabilities(made) & ~capabilities(real)).toBe(0);
  const blank = (payload: Buffer): Buffer => {
    const copy = Buffer.from(payload);
    const at = real.indexOf(0, 1);
    for (const i of [14, 15, 19, 20]) copy[at + i] = 0;
    return copy;
  };
  expect(blank(made).toString('hex')).toBe(blank(real).toString('hex'));
});
