/** Where a server listens. A server is named `host:port` everywhere: in ZooKeeper, in logs, in errors. */
export interface InstanceAddress {
  readonly host: string;
  readonly port: number;
}

/** `host:port`; an IPv6 address stands in brackets. */
export function formatAddress(address: InstanceAddress): string {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}
