import { createHash, randomBytes } from 'node:crypto';

export interface DigestMd5Credentials {
  readonly username: string;
  readonly password: string;
  /** `serv-type/host` that both sides put into the digest. */
  readonly digestUri: string;
}

/** The server's part of the exchange is not what RFC 2831 says, or proves that it does not know the password. */
export class DigestMd5Error extends Error {
  override readonly name = 'DigestMd5Error';
}

const directive = /^\s*([a-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]*))\s*(?:,|$)/i;

/** Reads `name="value",name=value` (RFC 2831, section 7.1). */
export function parseDirectives(text: string): Map<string, string> {
  const directives = new Map<string, string>();
  let rest = text;
  while (rest.trim() !== '') {
    const match = directive.exec(rest);
    if (!match)
      throw new DigestMd5Error(`the challenge is malformed at ${JSON.stringify(rest.slice(0, 40))}`);
    const value = match[2] === undefined ? (match[3] ?? '') : match[2].replace(/\\(.)/g, '$1');
    directives.set((match[1] as string).toLowerCase(), value);
    rest = rest.slice(match[0].length);
  }
  return directives;
}

function md5(...parts: readonly (string | Buffer)[]): Buffer {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** RFC 2831, section 2.1.2.1: what fits ISO 8859-1 is hashed in it, all else in UTF-8. */
function encode(text: string): Buffer {
  const fitsLatin1 = [...text].every((character) => (character.codePointAt(0) as number) <= 0xff);
  return Buffer.from(text, fitsLatin1 ? 'latin1' : 'utf8');
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** The client's side of SASL DIGEST-MD5 (RFC 2831) with quality of protection "auth". */
export class DigestMd5 {
  readonly #credentials: DigestMd5Credentials;
  readonly #cnonce: string;
  #expectedProof: string | undefined;

  /** The nonce of the client is random unless given (to repeat a recorded exchange). */
  constructor(credentials: DigestMd5Credentials, cnonce = randomBytes(18).toString('base64')) {
    this.#credentials = credentials;
    this.#cnonce = cnonce;
  }

  /** True once `respond` was called: what comes next is the server's proof. */
  get hasResponded(): boolean {
    return this.#expectedProof !== undefined;
  }

  /** @throws DigestMd5Error when the challenge is malformed or wants what this does not offer. */
  respond(challenge: Buffer): Buffer {
    const directives = parseDirectives(challenge.toString('utf8'));
    const nonce = directives.get('nonce');
    const realm = directives.get('realm') ?? '';
    const qualities = (directives.get('qop') ?? 'auth').split(',').map((quality) => quality.trim());
    if (!nonce) throw new DigestMd5Error('the challenge has no nonce');
    if (directives.get('algorithm') !== 'md5-sess')
      throw new DigestMd5Error('the challenge is not for md5-sess');
    if (!qualities.includes('auth'))
      throw new DigestMd5Error('the server demands encryption by SASL: use TLS');
    const { username, digestUri } = this.#credentials;
    this.#expectedProof = this.#digest(realm, nonce, '');
    const fields = [
      ...(directives.get('charset') === 'utf-8' ? ['charset=utf-8'] : []),
      `username=${quote(username)}`,
      `realm=${quote(realm)}`,
      `nonce=${quote(nonce)}`,
      'nc=00000001',
      `cnonce=${quote(this.#cnonce)}`,
      `digest-uri=${quote(digestUri)}`,
      `response=${this.#digest(realm, nonce, 'AUTHENTICATE')}`,
      'qop=auth',
    ];
    return Buffer.from(fields.join(','), 'utf8');
  }

  /** @throws DigestMd5Error when the server does not prove that it knows the password too. */
  verify(proof: Buffer): void {
    const given = parseDirectives(proof.toString('utf8')).get('rspauth');
    if (this.#expectedProof === undefined || given !== this.#expectedProof) {
      throw new DigestMd5Error('the server did not prove that it knows the password');
    }
  }

  #digest(realm: string, nonce: string, method: string): string {
    const { username, password, digestUri } = this.#credentials;
    const secret = md5(encode(username), ':', encode(realm), ':', encode(password));
    const first = md5(secret, ':', nonce, ':', this.#cnonce).toString('hex');
    const second = md5(method, ':', digestUri).toString('hex');
    return md5([first, nonce, '00000001', this.#cnonce, 'auth', second].join(':')).toString('hex');
  }
}
