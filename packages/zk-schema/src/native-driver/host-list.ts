import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { parseAddress } from '../address/index.js';

/**
 * The connect string as the C client can bear it: with an even number of hosts, one of which refuses, it spins without
 * ever reconnecting, so names are resolved here and one address is repeated where their number is even.
 * @throws AddressError when a host is not host:port; the error of the resolver when a name has no address.
 */
export async function bearableConnectString(connect: string): Promise<string> {
  const slash = connect.indexOf('/');
  const hosts = slash < 0 ? connect : connect.slice(0, slash);
  const chroot = slash < 0 ? '' : connect.slice(slash);
  const resolved = await Promise.all(hosts.split(',').map((host) => resolve(host.trim())));
  const addresses = resolved.flat();
  if (addresses.length % 2 === 0) addresses.push(addresses[0] as string);
  return addresses.join(',') + chroot;
}

async function resolve(text: string): Promise<string[]> {
  const { host, port } = parseAddress(text);
  const found = isIP(host) === 0 ? await lookup(host, { all: true }) : [{ address: host }];
  return found.map(({ address }) => (isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`));
}
