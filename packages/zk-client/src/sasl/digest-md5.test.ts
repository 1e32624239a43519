import { describe, expect, it } from 'vitest';
import { DigestMd5, DigestMd5Error, parseDirectives } from './digest-md5.js';

/** The example of RFC 2831, section 4. */
const credentials = { username: 'chris', password: 'secret', digestUri: 'imap/elwood.innosoft.com' };
const challenge = Buffer.from(
  'realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",qop="auth",algorithm=md5-sess,charset=utf-8',
);
const cnonce = 'OA6MHXh6VqTrRk';

describe('DIGEST-MD5', () => {
  it('gives the response of the standard, and accepts the proof of the standard', () => {
    const exchange = new DigestMd5(credentials, cnonce);
    expect(exchange.hasResponded).toBe(false);
    const response = parseDirectives(exchange.respond(challenge).toString());
    expect(Object.fromEntries(response)).toEqual({
      charset: 'utf-8',
      username: 'chris',
      realm: 'elwood.innosoft.com',
      nonce: 'OA6MG9tEQGm2hh',
      nc: '00000001',
      cnonce,
      'digest-uri': 'imap/elwood.innosoft.com',
      response: 'd388dad90d4bbd760a152321f2143af7',
      qop: 'auth',
    });
    expect(exchange.hasResponded).toBe(true);
    exchange.verify(Buffer.from('rspauth=ea40f60335c427b5527b84dbabcdfffd'));
  });

  it.each(['rspauth=00000000000000000000000000000000', '', 'rspauth'])('refuses the proof %j', (proof) => {
    const exchange = new DigestMd5(credentials, cnonce);
    exchange.respond(challenge);
    expect(() => exchange.verify(Buffer.from(proof))).toThrow(DigestMd5Error);
  });

  it.each([
    ['realm="r",qop="auth",algorithm=md5-sess', 'no nonce'],
    ['nonce="n",qop="auth"', 'md5-sess'],
    ['nonce="n",qop="auth-conf",algorithm=md5-sess', 'encryption'],
    ['nonce="n', 'malformed'],
    ['\u0000\u0001', 'malformed'],
  ])('refuses the challenge %j', (text, why) => {
    expect(() => new DigestMd5(credentials).respond(Buffer.from(text))).toThrow(why);
  });

  it('uses a nonce of its own each time', () => {
    const nonces = [1, 2].map(() =>
      parseDirectives(new DigestMd5(credentials).respond(challenge).toString()).get('cnonce'),
    );
    expect(nonces[0]).not.toBe(nonces[1]);
  });

  it('reads quoted values with what quotes hide', () => {
    expect(Object.fromEntries(parseDirectives('a="x,y\\"z" , b=1'))).toEqual({ a: 'x,y"z', b: '1' });
  });
});
