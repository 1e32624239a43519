import { ZooKeeperError } from '../errors.js';
import { validatePath } from './path.js';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export interface ConnectString {
  readonly hosts: readonly HostPort[];
  /** Prefix of every path, `''` without one, else like `/app/a`. */
  readonly chroot: string;
}

const defaultPort = 2181;

function malformed(connect: string, why: string): ZooKeeperError {
  return new ZooKeeperError(
    'BAD_ARGUMENTS',
    `the connect string ${JSON.stringify(connect)} ${why}; expected host:port,host:port/chroot (an IPv6 address in brackets: [::1]:2181)`,
  );
}

function parseHost(text: string, connect: string): HostPort {
  const match =
    /^(?:\[(?<v6>[0-9a-fA-F:.]+(?:%[\w.-]+)?)\]|(?<name>[^\s:[\]/]+))(?::(?<port>\d{1,5}))?$/.exec(text);
  const host = match?.groups?.['v6'] ?? match?.groups?.['name'];
  if (!match || host === undefined)
    throw malformed(connect, `has the malformed host ${JSON.stringify(text)}`);
  const port = match.groups?.['port'] === undefined ? defaultPort : Number(match.groups['port']);
  if (port < 1 || port > 65_535) throw malformed(connect, `has the impossible port ${port}`);
  return { host, port };
}

/**
 * Parses `host:port,host:port/chroot`. The port is 2181 when absent; an IPv6 address stands in brackets.
 * @throws ZooKeeperError `BAD_ARGUMENTS`, naming what is malformed.
 */
export function parseConnectString(connect: string): ConnectString {
  const slash = connect.indexOf('/');
  const list = slash === -1 ? connect : connect.slice(0, slash);
  const chroot = slash === -1 ? '' : connect.slice(slash).replace(/\/$/, '');
  const texts = list
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '');
  if (texts.length === 0) throw malformed(connect, 'names no host');
  if (chroot !== '') {
    const problem = validatePath(chroot);
    if (problem) throw malformed(connect, `has a chroot that ${problem}`);
  }
  return { hosts: texts.map((text) => parseHost(text, connect)), chroot };
}
