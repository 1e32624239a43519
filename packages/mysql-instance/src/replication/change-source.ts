import type { InstanceAddress } from '../address/instance-address.js';
import { numeral, quote } from '../connection/quote.js';
import type { Statement } from '../connection/statement.js';
import type { Dialect } from '../dialect/dialect.js';
import { fill } from '../dialect/fill-template.js';
import type { FollowOptions } from './follow-options.js';

/** CHANGE with everything that following needs. `withPosition`: also GTID auto position, which needs both threads stopped. */
export function changeSourceStatement(
  dialect: Dialect,
  source: InstanceAddress,
  options: FollowOptions,
  withPosition: boolean,
): Statement {
  const names = dialect.features.changeOptions;
  const ssl = options.ssl ?? false;
  const publicKey = options.getSourcePublicKey ?? !ssl;
  const pairs: readonly (readonly [string | null, string])[] = [
    [names.host, quote(source.host)],
    [names.port, numeral(source.port)],
    [names.user, quote(options.user)],
    [names.password, quote(options.password)],
    [names.heartbeatPeriodS, numeral((options.heartbeatPeriodMs ?? HEARTBEAT_PERIOD_MS_DEFAULT) / 1000)],
    [names.connectRetryS, numeral(options.connectRetryS ?? 1)],
    // 0: never give up; the default of 8.4 and newer is to stop after 10 attempts.
    [names.retryCount, '0'],
    [names.ssl, ssl ? '1' : '0'],
    [names.getSourcePublicKey, publicKey ? '1' : '0'],
    [withPosition ? names.autoPosition : null, dialect.features.autoPositionOn],
  ];
  const text = pairs.flatMap(([name, value]) => (name === null ? [] : [`${name} = ${value}`])).join(', ');
  return {
    ...fill(dialect, 'changeSource', 'change the source', { channel: options.channel, options: text }),
    secrets: [options.password, quote(options.password).slice(1, -1)],
  };
}

export const HEARTBEAT_PERIOD_MS_DEFAULT = 200;
