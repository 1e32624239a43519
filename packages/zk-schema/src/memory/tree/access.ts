import type { Acl } from '@dcmha/zk-client';
import { refusal } from '../errors.js';

/** Who a session is: what it authenticated as, and its network address. */
export interface Identity {
  readonly scheme: string;
  readonly id: string;
}

/** @throws ZooKeeperError NO_AUTH unless the ACL grants the permission to one of the identities. */
export function requirePermission(
  acl: readonly Acl[],
  permission: number,
  identities: readonly Identity[],
  path: string,
): void {
  const granted = acl.some((entry) => (entry.permissions & permission) !== 0 && matches(entry, identities));
  if (!granted) throw refusal('NO_AUTH', path);
}

export function isGranted(acl: readonly Acl[], permission: number, identities: readonly Identity[]): boolean {
  return acl.some((entry) => (entry.permissions & permission) !== 0 && matches(entry, identities));
}

function matches(entry: Acl, identities: readonly Identity[]): boolean {
  if (entry.scheme === 'world') return entry.id === 'anyone';
  return identities.some((one) => one.scheme === entry.scheme && one.id === entry.id);
}

/**
 * The ACL as it is stored: `auth` becomes the identities of the session.
 * @throws ZooKeeperError INVALID_ACL when empty, of an unknown scheme, or `auth` of a session without identity.
 */
export function resolveAcl(
  acl: readonly Acl[],
  identities: readonly Identity[],
  path: string,
): readonly Acl[] {
  if (acl.length === 0) throw refusal('INVALID_ACL', path);
  return acl.flatMap((entry): Acl[] => {
    if (entry.scheme === 'auth') {
      const own = identities.filter((one) => one.scheme !== 'ip');
      if (own.length === 0) throw refusal('INVALID_ACL', path);
      return own.map((one) => ({ permissions: entry.permissions, scheme: one.scheme, id: one.id }));
    }
    const known =
      (entry.scheme === 'world' && entry.id === 'anyone') ||
      (entry.scheme === 'digest' && entry.id.split(':').length === 2) ||
      (entry.scheme === 'ip' && entry.id !== '');
    if (!known) throw refusal('INVALID_ACL', path);
    return [{ permissions: entry.permissions, scheme: entry.scheme, id: entry.id }];
  });
}
