import { Permission } from '@dcmha/zk-client';
import type { Acl } from '@dcmha/zk-client';
import { digestId } from './digest.js';

/**
 * Everything for whoever knows `user:password`, nothing for anyone else. The client must have authenticated with the
 * same text (`auth: [{ scheme: 'digest', auth: 'user:password' }]`).
 * @throws TypeError when the text has no `:` or one side of it is empty.
 */
export function closedAcl(userAndPassword: string): readonly Acl[] {
  if (!/^[^:]+:.+$/s.test(userAndPassword))
    throw new TypeError(
      'credentials for ZooKeeper are written user:password, both sides not empty (not shown here)',
    );
  return [{ permissions: Permission.all, scheme: 'digest', id: digestId(userAndPassword) }];
}
