import { isIPv4 } from 'node:net';

/**
 * The host that the original system named with dashes for dots (`192-168-1-2` -> `192.168.1.2`). It knew servers by
 * IPv4 address only; anything else is `null`, because which dashes were dots cannot be known.
 */
export function legacyHost(text: string): string | null {
  const dotted = text.replaceAll('-', '.');
  return isIPv4(dotted) && !text.includes('.') ? dotted : null;
}

/** The inverse: how the original system names the node of a host. */
export function legacyHostSegment(host: string): string {
  return host.replaceAll('.', '-');
}
