/**
 * Paths as ZooKeeper itself has them (programmer's guide, "The ZooKeeper Data Model"), whatever stands in them.
 */

/** Why the path is none that ZooKeeper takes, or `null`. */
export function znodePathProblem(path: string): string | null {
  if (!path.startsWith('/')) return 'a path begins with "/"';
  if (path === '/') return null;
  if (path.endsWith('/')) return 'a path does not end with "/"';
  for (const segment of path.slice(1).split('/')) {
    if (segment === '') return 'a path has no empty part ("//")';
    if (segment === '.' || segment === '..') return 'a path has no relative part ("." or "..")';
  }
  return forbidden.test(path) ? 'a path has no control, surrogate, private or special characters' : null;
}

// What PathUtils.validatePath refuses: U+0000 to U+001F, U+007F to U+009F, U+D800 to U+F8FF, U+FFF0 to U+FFFF.
// eslint-disable-next-line no-control-regex
const forbidden = /[\u0000-\u001f\u007f-\u009f\ud800-\uf8ff\ufff0-\uffff]/;

/** `/a/b` -> `/a`, `/a` -> `/`. */
export function parentPath(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

/** `/a/b` -> `b`. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function joinPath(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`;
}

/** The path and all above it, nearest first, `/` last. */
export function* selfAndAncestors(path: string): Generator<string> {
  let current = path;
  while (current !== '/') {
    yield current;
    current = parentPath(current);
  }
  yield '/';
}
