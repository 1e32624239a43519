import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { BinlogFacts } from './binlog-facts.js';

export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Path of the certificate. */
  readonly from: string;
}

/** What the configuration says about TLS of the tail source. */
export interface TlsChoice {
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  readonly allowPlain: boolean;
}

/**
 * The certificate that replicas are shown: the configured one, else the dead server's own, which its replicas were shown
 * before. mysqld makes one in its data directory where none was configured.
 *
 * @returns `null`: serve without TLS, which the configuration must allow
 * @throws Error that says what to configure
 */
export async function chooseCertificate(
  { tls, allowPlain }: TlsChoice,
  facts: Pick<BinlogFacts, 'dataDir' | 'sslCert' | 'sslKey'>,
): Promise<Certificate | null> {
  if (tls !== undefined) {
    try {
      return await load(tls.certFile, tls.keyFile);
    } catch (error) {
      throw new Error(`the certificate of tail.tls cannot be used: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
  const found: string[] = [];
  const candidates = [
    [facts.sslCert, facts.sslKey],
    [join(facts.dataDir, 'server-cert.pem'), join(facts.dataDir, 'server-key.pem')],
  ] as const;
  for (const [certFile, keyFile] of candidates) {
    if (certFile === '' || keyFile === '') continue;
    try {
      return await load(certFile, keyFile);
    } catch (error) {
      found.push((error as Error).message);
    }
  }
  if (allowPlain) return null;
  throw new Error(
    `there is no certificate to serve with (${found.join('; ') || 'the server has none'}): set tail.tls to a certificate ` +
      'and its key, or tail.allowPlain to true where the network may be trusted with the data',
  );
}

async function load(certFile: string, keyFile: string): Promise<Certificate> {
  const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)]);
  // Throws when they do not belong together.
  createSecureContext({ cert, key });
  return { cert, key, from: certFile };
}
