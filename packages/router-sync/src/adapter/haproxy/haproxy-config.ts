import { isIPv6 } from 'node:net';

export interface HaproxyConfigGroup {
  readonly group: string;
  /** Where clients that write connect: `host:port`, `*:port`, or a Unix socket path. */
  readonly writeBind: string;
  /** Where clients that only read connect. */
  readonly readBind: string;
  /** How many read servers the group can have at once; give some to spare. Default 8. */
  readonly readSlots?: number;
}

export interface HaproxyConfigOptions {
  readonly groups: readonly HaproxyConfigGroup[];
  /** Runtime socket, absolute path; router-sync needs `level admin` on it. */
  readonly socketPath: string;
  /** Octal, default `600`. */
  readonly socketMode?: string;
  /** Client connections at once. Default: as many as the limit of open files allows (HAProxy works it out). */
  readonly maxConnections?: number;
  /** For reaching a server. Default 1000. */
  readonly connectTimeoutMs?: number;
  /**
   * A session that is silent for longer is cut. Default nine hours: more than MySQL's `wait_timeout` (eight), so that
   * the server, which knows about transactions, is the one to end an idle session.
   */
  readonly idleTimeoutMs?: number;
  /**
   * A client that connects while the group has no primary waits so long, once, and then goes to the primary that is
   * there by then, or is closed. 0, the default: it is closed at once and may try again.
   */
  readonly holdMs?: number;
  /** HAProxy's `log` target, such as `stdout format raw daemon` or `/dev/log daemon`. Default: none. */
  readonly log?: string;
  /** After a reload the old process may serve its old sessions no longer than this. Default 30000. */
  readonly hardStopAfterMs?: number;
  readonly threads?: number;
}

/** The options ask for something that HAProxy cannot have. */
export class HaproxyConfigError extends Error {
  override readonly name = 'HaproxyConfigError';
  readonly key: string;

  constructor(key: string, message: string) {
    super(message);
    this.key = key;
  }
}

export const writeBackendName = (group: string): string => `dcmha_${group}_write`;
export const readBackendName = (group: string): string => `dcmha_${group}_read`;

/** Nothing listens there, and no slot with it is ever opened. */
const placeholder = '127.0.0.1:1';

/**
 * A complete haproxy.cfg for MySQL groups that router-sync drives. Words and their meaning are those of the HAProxy
 * configuration manual, version 2.6.
 *
 * @throws {HaproxyConfigError}
 */
export function haproxyConfig(options: HaproxyConfigOptions): string {
  check(options);
  const connectMs = options.connectTimeoutMs ?? 1000;
  const idleMs = options.idleTimeoutMs ?? 9 * 3600 * 1000;
  const lines = [
    '# Written by `dcmha router config`. router-sync opens and closes the servers below at run time, by the route',
    '# in ZooKeeper; nothing here has to change, and HAProxy need not be reloaded, when a primary moves.',
    '',
    'global',
    `    stats socket ${options.socketPath} mode ${options.socketMode ?? '600'} level admin expose-fd listeners`,
    '    stats timeout 30s',
    ...(options.maxConnections === undefined ? [] : [`    maxconn ${options.maxConnections}`]),
    `    hard-stop-after ${options.hardStopAfterMs ?? 30_000}ms`,
    ...(options.threads === undefined ? [] : [`    nbthread ${options.threads}`]),
    ...(options.log === undefined ? [] : [`    log ${options.log}`]),
    '',
    'defaults',
    '    mode tcp',
    ...(options.log === undefined ? [] : ['    log global', '    option tcplog', '    option dontlognull']),
    `    timeout connect ${connectMs}ms`,
    '    # longer than wait_timeout of MySQL: the server ends idle sessions, not the proxy',
    `    timeout client ${idleMs}ms`,
    `    timeout server ${idleMs}ms`,
    '    timeout client-fin 5s',
    '    timeout server-fin 5s',
    '    # so that a peer that vanished without a word is noticed although sessions may be silent for hours',
    '    option clitcpka',
    '    clitcpka-idle 60s',
    '    clitcpka-intvl 10s',
    '    clitcpka-cnt 3',
    '    option srvtcpka',
    '    srvtcpka-idle 10s',
    '    srvtcpka-intvl 5s',
    '    srvtcpka-cnt 3',
  ];
  for (const group of options.groups)
    lines.push('', ...writeSection(group, options), '', ...readSection(group));
  return `${lines.join('\n')}\n`;
}

function writeSection(group: HaproxyConfigGroup, { holdMs = 0 }: HaproxyConfigOptions): string[] {
  const name = writeBackendName(group.group);
  return [
    `# ${group.group}: writes. One slot, so that this proxy cannot hold two primaries. No health check: the route decides.`,
    `listen ${name}`,
    `    bind ${bind(group.writeBind)}`,
    ...(holdMs > 0
      ? [
          '    # while there is no primary, a new client waits this long for one',
          `    tcp-request inspect-delay ${holdMs}ms`,
          `    tcp-request content accept if { nbsrv(${name}) gt 0 }`,
          '    tcp-request content accept if WAIT_END',
        ]
      : []),
    '    # a client whose primary refuses is told at once: a retry here would wait a second on the same server',
    '    retries 0',
    `    server primary ${placeholder} disabled on-marked-down shutdown-sessions`,
  ];
}

function readSection(group: HaproxyConfigGroup): string[] {
  return [
    `# ${group.group}: reads, spread over the servers of the read pool; closed slots wait for more.`,
    `listen ${readBackendName(group.group)}`,
    `    bind ${bind(group.readBind)}`,
    '    balance leastconn',
    '    # a server that refuses: the next one at once',
    '    retries 2',
    '    option redispatch 1',
    `    server-template read 1-${group.readSlots ?? 8} ${placeholder} disabled on-marked-down shutdown-sessions`,
  ];
}

function bind(address: string): string {
  const match = /^([^[\]]*:[^[\]]*):(\d+)$/.exec(address);
  return match && isIPv6(match[1]!) ? `[${match[1]}]:${match[2]}` : address;
}

function check(options: HaproxyConfigOptions): void {
  const word = (key: string, value: string): void => {
    if (!/^[^\s#"'\\]+$/.test(value)) {
      throw new HaproxyConfigError(key, `${key} is "${value}"; expected a word without spaces, quotes and #`);
    }
  };
  const positive = (key: string, value: number | undefined, least = 1): void => {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= least)) {
      throw new HaproxyConfigError(key, `${key} is ${value}; expected a whole number from ${least}`);
    }
  };
  if (options.groups.length === 0)
    throw new HaproxyConfigError('groups', 'groups is empty; expected at least one');
  word('socketPath', options.socketPath);
  if (!options.socketPath.startsWith('/')) {
    throw new HaproxyConfigError(
      'socketPath',
      `socketPath is "${options.socketPath}"; expected an absolute path`,
    );
  }
  if (Buffer.byteLength(options.socketPath) > 96) {
    throw new HaproxyConfigError(
      'socketPath',
      `socketPath has more than 96 bytes; HAProxy takes no longer one`,
    );
  }
  if (options.log !== undefined && /[\n\r]/.test(options.log)) {
    throw new HaproxyConfigError('log', 'log holds a newline; expected one log target');
  }
  if (options.socketMode !== undefined && !/^0?[0-7]{3}$/.test(options.socketMode)) {
    throw new HaproxyConfigError(
      'socketMode',
      `socketMode is "${options.socketMode}"; expected octal, such as 660`,
    );
  }
  positive('maxConnections', options.maxConnections);
  positive('connectTimeoutMs', options.connectTimeoutMs);
  positive('idleTimeoutMs', options.idleTimeoutMs);
  positive('holdMs', options.holdMs, 0);
  positive('hardStopAfterMs', options.hardStopAfterMs);
  positive('threads', options.threads);
  const seen = new Map<string, string>();
  options.groups.forEach((group, index) => {
    const at = `groups[${index}]`;
    if (!/^[A-Za-z0-9_.-]+$/.test(group.group)) {
      throw new HaproxyConfigError(
        `${at}.group`,
        `${at}.group is "${group.group}"; HAProxy takes letters, digits, "_", "." and "-" in names`,
      );
    }
    positive(`${at}.readSlots`, group.readSlots);
    for (const [key, value] of Object.entries({
      group: group.group,
      writeBind: group.writeBind,
      readBind: group.readBind,
    })) {
      word(`${at}.${key}`, value);
      const other = seen.get(value);
      if (other !== undefined) {
        throw new HaproxyConfigError(
          `${at}.${key}`,
          `${at}.${key} is "${value}", which ${other} has already`,
        );
      }
      seen.set(value, `${at}.${key}`);
    }
  });
}
