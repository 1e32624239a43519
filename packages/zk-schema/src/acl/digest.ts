import { createHash } from 'node:crypto';

/**
 * The id that ZooKeeper's digest scheme makes of `user:password`: `user:base64(sha1(user:password))`
 * (DigestAuthenticationProvider of ZooKeeper; SHA-1 is what servers use unless configured otherwise).
 */
export function digestId(userAndPassword: string): string {
  const user = userAndPassword.split(':', 1)[0] ?? '';
  return `${user}:${createHash('sha1').update(userAndPassword).digest('base64')}`;
}
