export { AclError } from './acl-error.js';
export type { AclDeviation, AclReport, CheckAclsOptions } from './check-acls.js';
export { applyAcls, checkAcls } from './check-acls.js';
export { closedAcl } from './closed-acl.js';
export { digestId } from './digest.js';
