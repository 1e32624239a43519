import { isIPv6 } from 'node:net';
import { AddressError } from './address-error.js';

/** Names one server everywhere in dcmha: `host:port`, an IPv6 address in brackets. */
export type InstanceAddress = string;

export interface HostAndPort {
  /** Host name or IP address, an IPv6 address without brackets. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
}

const hostPattern = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;
const hostLengthMax = 255;

/**
 * `db1:3306` -> `{ host: 'db1', port: 3306 }`, `[fd00::1]:3306` -> `{ host: 'fd00::1', port: 3306 }`.
 * @throws AddressError when the text is anything else: no port, a port out of range, spaces, IPv6 without brackets.
 */
export function parseAddress(text: string): HostAndPort {
  const bracketed = text.startsWith('[');
  const colon = text.lastIndexOf(':');
  if (colon <= 0 || (bracketed && text[colon - 1] !== ']')) throw new AddressError(text, 'it has no port');
  const host = bracketed ? text.slice(1, colon - 1) : text.slice(0, colon);
  checkHost(text, host, bracketed);
  return { host, port: parsePort(text, text.slice(colon + 1)) };
}

/** The inverse of `parseAddress`. @throws AddressError when host or port cannot be those of a server. */
export function formatAddress(address: HostAndPort): InstanceAddress {
  const bracketed = address.host.includes(':');
  const text = bracketed ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
  checkHost(text, address.host, bracketed);
  parsePort(text, String(address.port));
  return text;
}

export function isAddress(text: string): boolean {
  try {
    parseAddress(text);
    return true;
  } catch {
    return false;
  }
}

function checkHost(text: string, host: string, bracketed: boolean): void {
  if (bracketed) {
    if (!isIPv6(host)) throw new AddressError(text, 'what stands in the brackets is not an IPv6 address');
    return;
  }
  if (host.includes(':')) throw new AddressError(text, 'an IPv6 address needs brackets');
  if (host.length > hostLengthMax) throw new AddressError(text, `the host is longer than ${hostLengthMax}`);
  if (!hostPattern.test(host)) throw new AddressError(text, 'the host has characters that no host name has');
}

function parsePort(text: string, digits: string): number {
  // No leading zeros: two spellings of one server would be two nodes.
  if (!/^[1-9][0-9]{0,4}$/.test(digits)) throw new AddressError(text, 'the port is not a number');
  const port = Number(digits);
  if (port > 65_535) throw new AddressError(text, 'the port is above 65535');
  return port;
}
