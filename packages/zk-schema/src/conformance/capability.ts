/**
 * What a driver may lack. A driver that lacks nothing runs every case; one that does names its gaps, and the cases
 * that need them are not among those it gets.
 */
export const capabilities = {
  multi: 'several operations all or none',
  'create-with-acl': 'an ACL given on creation',
  'read-acl': 'the ACL of a node can be read',
  'recursive-watch': 'one watch on a whole subtree',
  'unnamed-sequence': 'a sequential node that is named by its number alone',
  'large-value-error': 'a value that is too large is an error of that call alone',
  'every-event': 'a lasting watch tells every change, also those in quick succession',
  'waiting-calls': 'calls made while disconnected wait for the connection',
} as const;

export type Capability = keyof typeof capabilities;
