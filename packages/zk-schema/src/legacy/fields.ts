import { isIPv4 } from 'node:net';
import { AddressError, formatAddress, isAddress } from '../address/index.js';
import { LegacyValueError } from './legacy-context.js';
import type { LegacyContext } from './legacy-context.js';
import { legacyHost } from './legacy-host.js';
import { PythonLiteralError } from './python-literal-error.js';
import { parsePythonLiteral } from './python-literal.js';
import type { PythonValue } from './python-literal.js';

export type PythonDict = Map<string | number, PythonValue>;

export function literal(text: string): PythonValue {
  try {
    return parsePythonLiteral(text);
  } catch (error) {
    if (error instanceof PythonLiteralError) throw new LegacyValueError(error.message);
    throw error;
  }
}

export function dict(value: PythonValue): PythonDict {
  if (!(value instanceof Map)) throw new LegacyValueError('a dict was expected');
  return value;
}

export function list(value: PythonValue): PythonValue[] {
  if (!Array.isArray(value)) throw new LegacyValueError('a list was expected');
  return value;
}

export function text(value: PythonValue | undefined, what: string): string {
  if (typeof value !== 'string') throw new LegacyValueError(`${what} is not a string`);
  return value;
}

/** A number, or one that the original system wrote as a string. */
export function integer(value: PythonValue | undefined, what: string): number {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number') throw new LegacyValueError(`${what} is not a number`);
  return number;
}

/** A host with dashes or with dots. */
export function host(value: string): string {
  const found = isIPv4(value) ? value : legacyHost(value);
  if (found === null) throw new LegacyValueError(`${JSON.stringify(value)} is no IPv4 address`);
  return found;
}

export function serverOf(value: string, port: number): string {
  const name = host(value);
  try {
    return formatAddress({ host: name, port });
  } catch (error) {
    if (error instanceof AddressError) throw new LegacyValueError(error.message);
    throw error;
  }
}

/** The server of a host: its port stands in `meta/host`. */
export async function serverOfHost(value: string, context: LegacyContext): Promise<string> {
  const name = host(value);
  return serverOf(name, (await context.hostMeta(name)).port);
}

export function server(value: PythonValue | undefined, what: string): string {
  const address = text(value, what);
  if (!isAddress(address)) throw new LegacyValueError(`${what} ${JSON.stringify(address)} is not host:port`);
  return address;
}
