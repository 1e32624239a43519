export type Flavor = 'mysql' | 'mariadb';

/** A server's version, compared by its parts. */
export interface ServerVersion {
  readonly flavor: Flavor;
  /** As the server gives it, such as `9.7.4-2` or `10.11.19-MariaDB-0+deb12u1`. */
  readonly text: string;
  readonly parts: readonly [major: number, minor: number, patch: number];
}

/**
 * Reads what `SELECT VERSION()` (or the greeting, where MariaDB puts `5.5.5-` in front) says. Percona Server and other
 * builds of MySQL count as `mysql`.
 *
 * @throws RangeError when no version number is found
 */
export function parseVersion(text: string, comment = ''): ServerVersion {
  const flavor: Flavor = /mariadb/i.test(`${text} ${comment}`) ? 'mariadb' : 'mysql';
  const plain = flavor === 'mariadb' ? text.replace(/^5\.5\.5-(?=\d)/, '') : text;
  const match = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(plain.trim());
  if (match === null)
    throw new RangeError(`no version number in '${text}': expected something like 8.4.5 or 10.11.6-MariaDB`);
  return { flavor, text, parts: [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)] };
}

/** Negative when the version is older than `parts`, 0 when equal, positive when newer. */
export function compareVersion(
  version: Pick<ServerVersion, 'parts'>,
  parts: readonly [number, number, number],
): number {
  for (let at = 0; at < 3; at += 1) {
    const difference = (version.parts[at] ?? 0) - (parts[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
