import type { CallOptions } from '@dcmha/zk-client';
import { AclError } from '../acl/acl-error.js';
import { checkNode } from '../acl/check-acls.js';
import { defaultNames } from '../model/index.js';
import type { NodeName } from '../model/index.js';
import type { StoreContext } from './context.js';
import { ensureFolder } from './parents.js';

/**
 * Creates the root and the folders of the tree where they are missing. When an ACL is configured, refuses a tree that
 * is open, or that these credentials do not open.
 * @throws AclError
 */
export async function prepareTree(context: StoreContext, options: CallOptions = {}): Promise<void> {
  const { zk, layout, acl } = context;
  const folders = (Object.keys(defaultNames) as NodeName[]).map(
    (key) => `${layout.root}/${layout.names[key]}`,
  );
  if (acl === undefined) {
    for (const folder of folders) await ensureFolder(context, folder, options);
    return;
  }
  await refuse(context, [layout.root], options);
  for (const folder of folders) await ensureFolder(context, folder, options);
  await refuse(context, folders, options);
  // Reading an ACL is allowed to those who may not read: the children are not.
  await zk.children(layout.root, options);
}

async function refuse(context: StoreContext, paths: readonly string[], options: CallOptions): Promise<void> {
  const { zk, acl = [] } = context;
  const found = await Promise.all(paths.map((path) => checkNode(zk, path, { ...options, acl })));
  const deviations = found.filter((one) => one !== null);
  if (deviations.length > 0)
    throw new AclError(
      deviations,
      'give the tree this ACL (applyAcls) or configure the credentials that it has',
    );
}
