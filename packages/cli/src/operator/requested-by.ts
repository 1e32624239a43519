import { hostname, userInfo } from 'node:os';

/** Who asks, for the history: `anna@ops1`. */
export function requestedBy(env: Readonly<Record<string, string | undefined>>): string {
  const name = env.SUDO_USER ?? userName() ?? env.USER ?? 'unknown';
  return `${name}@${hostname()}`;
}

/** A user id without a name (in a container) throws. */
function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
