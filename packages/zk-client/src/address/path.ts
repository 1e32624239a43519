/** Characters a path must not hold (zookeeper-server `PathUtils.validatePath`). */
// eslint-disable-next-line no-control-regex -- control characters are exactly what is looked for
const forbidden = /[\u0000-\u001f\u007f-\u009f\ud800-\uf8ff\ufff0-\uffff]/;
const dotSegment = /\/\.{1,2}(?:\/|$)/;

/** Says what is wrong with a path ("is not absolute"), or nothing when it is a valid one. */
export function validatePath(path: string): string | undefined {
  if (typeof path !== 'string') return 'is not a string';
  if (path === '/') return undefined;
  if (path === '') return 'is empty';
  if (path.charCodeAt(0) !== 0x2f) return 'does not begin with "/"';
  if (path.charCodeAt(path.length - 1) === 0x2f) return 'ends with "/"';
  if (path.includes('//')) return 'has an empty name in it';
  if (path.includes('/.') && dotSegment.test(path)) return 'has a relative name ("." or "..") in it';
  if (forbidden.test(path)) return 'has a character in it that ZooKeeper does not allow';
  return undefined;
}

/** `/a/b` of `/a/b/c`, `/` of `/a`, and `/` of `/`. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

/** `c` of `/a/b/c`. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function joinPath(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`;
}

/** True for the node itself and everything below it. */
export function isWithin(path: string, root: string): boolean {
  return path === root || root === '/' || (path.startsWith(root) && path.charCodeAt(root.length) === 0x2f);
}
