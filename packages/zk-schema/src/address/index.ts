export { AddressError } from './address-error.js';
export type { HostAndPort, InstanceAddress } from './address.js';
export { formatAddress, isAddress, parseAddress } from './address.js';
