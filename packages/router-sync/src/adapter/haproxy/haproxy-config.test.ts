import { describe, expect, it } from 'vitest';
import { HaproxyConfigError, haproxyConfig, type HaproxyConfigOptions } from './haproxy-config.js';

const options: HaproxyConfigOptions = {
  groups: [{ group: 'orders', writeBind: '*:3306', readBind: '*:3307', readSlots: 4 }],
  socketPath: '/run/haproxy/dcmha.sock',
};

describe('haproxyConfig', () => {
  it('gives a group one write slot and the wanted read slots, all closed', () => {
    const servers = haproxyConfig(options)
      .split('\n')
      .filter((line) => /^ {4}server/.test(line));
    expect(servers).toEqual([
      '    server primary 127.0.0.1:1 disabled on-marked-down shutdown-sessions',
      '    server-template read 1-4 127.0.0.1:1 disabled on-marked-down shutdown-sessions',
    ]);
  });

  it('keeps sessions longer than MySQL does', () => {
    expect(haproxyConfig(options)).toContain('timeout client 32400000ms');
  });

  it('holds clients only when asked to', () => {
    expect(haproxyConfig(options)).not.toContain('inspect-delay');
    expect(haproxyConfig({ ...options, holdMs: 250 })).toContain('tcp-request inspect-delay 250ms');
  });

  it('puts a bare IPv6 address into brackets', () => {
    const config = haproxyConfig({
      ...options,
      groups: [{ group: 'a', writeBind: '::1:3306', readBind: '[::1]:3307' }],
    });
    expect(config).toContain('bind [::1]:3306');
    expect(config).toContain('bind [::1]:3307');
  });

  const group = options.groups[0]!;
  it.each<[Partial<HaproxyConfigOptions>, string]>([
    [{ groups: [] }, 'groups'],
    [{ socketPath: 'run/h.sock' }, 'socketPath'],
    [{ socketPath: '/run/a b' }, 'socketPath'],
    [{ socketPath: `/${'a'.repeat(120)}` }, 'socketPath'],
    [{ socketMode: '999' }, 'socketMode'],
    [{ log: 'stdout\nstats socket /x level admin' }, 'log'],
    [{ connectTimeoutMs: 0 }, 'connectTimeoutMs'],
    [{ holdMs: -1 }, 'holdMs'],
    [{ groups: [{ ...group, group: 'a b' }] }, 'groups[0].group'],
    [{ groups: [{ ...group, readSlots: 0 }] }, 'groups[0].readSlots'],
    [{ groups: [{ ...group, writeBind: '*:1\nbind *:2' }] }, 'groups[0].writeBind'],
    [{ groups: [{ ...group, readBind: group.writeBind }] }, 'groups[0].readBind'],
    [{ groups: [group, { ...group, writeBind: '*:1', readBind: '*:2' }] }, 'groups[1].group'],
  ])('refuses %j, naming %s', (wrong, key) => {
    const build = () => haproxyConfig({ ...options, ...wrong });
    expect(build).toThrow(HaproxyConfigError);
    expect(build).toThrow(expect.objectContaining({ key }));
  });
});
