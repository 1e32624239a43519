import { z } from 'zod';
import { isAddress } from '../address/index.js';

/** A server, `host:port`. */
export const address = z
  .string()
  .refine(isAddress, 'expected host:port (an IPv6 address in brackets, port without leading zeros)')
  .describe('server, host:port');

/** Grows with each change of primary or of the write route; never falls. */
export const epoch = z.int().min(0).describe('epoch');

/** A moment by the writer's clock, milliseconds since 1970-01-01 UTC. */
export const timeMs = z.int().min(0).describe('milliseconds since 1970 (UTC)');

/** A duration in milliseconds. */
export const durationMs = z.number().min(0).describe('milliseconds');

const groupPattern = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$/;

/** The suffix of the node for routers that did not apply a route: a group named so would collide with it. */
export const routeAlertSuffix = '_send';

export function isGroupName(text: string): boolean {
  return groupPattern.test(text) && !text.endsWith(routeAlertSuffix);
}

/** Letters, digits, `.`, `_`, `-`, at most 100, first and last a letter or digit, not ending in `_send`. */
export const groupName = z
  .string()
  .refine(
    isGroupName,
    `expected the name of a group: letters, digits, ".", "_", "-", at most 100, not ending in "${routeAlertSuffix}"`,
  )
  .describe('name of a group');

/** Text for a person; bounded, so that no error message fills a node. */
export const text = z.string().max(16_384);

/** A GTID set in the server's own notation (MySQL `uuid:1-5`, MariaDB `0-1-5`); empty: none. */
export const gtidSet = z.string().describe('GTID set');

/** Data that only its reader can check: kept as it is. */
export const passthrough = z.record(z.string(), z.unknown());

export const distinctAddresses = z
  .array(address)
  .max(1000)
  .refine((list) => new Set(list).size === list.length, 'names a server twice');
