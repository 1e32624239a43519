import { describe, expect, it } from 'vitest';
import { ProxyAnswerError, formatAddress, parseServersState, parseSessions } from './proxy-state.js';

const header =
  '# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port';
const row = (name: string, ip: string, admin: number, port: number): string =>
  `4 dcmha_g_write 1 ${name} ${ip} 2 ${admin} 1 1 0 1 0 0 8 0 0 0 - ${port} - 0 0 - - 0`;
const read = (...rows: string[]) => parseServersState('dcmha_g_write', ['1', header, ...rows]);

describe('server states as HAProxy 2.6 prints them', () => {
  it('are read with id, address and state', () => {
    expect(read(row('primary', '127.0.0.1', 5, 24001))).toEqual({
      name: 'dcmha_g_write',
      id: 4,
      slots: [{ name: 'primary', address: '127.0.0.1:24001', state: 'maint', sessions: null }],
    });
  });

  it.each([
    [0, 'ready'],
    [4, 'ready'],
    [64, 'ready'],
    [1, 'maint'],
    [5, 'maint'],
    [2, 'maint'],
    [32, 'maint'],
    [8, 'drained'],
    [9, 'maint'],
    [16, 'drained'],
  ])('admin state %i is %s', (admin, state) => {
    expect(read(row('s', '127.0.0.1', admin, 1)).slots[0]?.state).toBe(state);
  });

  it('have one spelling of an IPv6 address, and none for a server without one', () => {
    expect(read(row('s', '2001:DB8:0::1', 0, 3306)).slots[0]?.address).toBe('[2001:db8::1]:3306');
    expect(formatAddress('2001:db8:0:0:0:0:0:1', 3306)).toBe('[2001:db8::1]:3306');
    expect(read(row('s', '-', 0, 3306)).slots[0]?.address).toBeNull();
  });

  it('survive columns in another order', () => {
    const state = parseServersState('b', [
      '1',
      '# srv_port be_name be_id srv_admin_state srv_name srv_addr x',
      '1 b 7 0 s ::1 9',
    ]);
    expect(state).toEqual({
      name: 'b',
      id: 7,
      slots: [{ name: 's', address: '[::1]:1', state: 'ready', sessions: null }],
    });
  });

  it.each([
    [["Can't find backend."], /no backend "b"/],
    [['Unknown command.'], /expected server states of format 1/],
    [[], /expected server states of format 1/],
    [['2', header], /expected server states of format 1/],
    [['1', '# be_id be_name'], /no column srv_name/],
    [['1', header], /no server slot/],
    [
      ['1', '# be_id be_name srv_name srv_addr srv_admin_state srv_port', '1 b s 127.0.0.1 x 1'],
      /expected a number/,
    ],
  ])('%j is refused', (lines, message) => {
    expect(() => parseServersState('b', lines)).toThrow(ProxyAnswerError);
    expect(() => parseServersState('b', lines)).toThrow(message);
  });
});

describe('session counts', () => {
  it('are read by server of the backend', () => {
    const lines = ['# pxname,svname,qcur,qmax,scur,smax', 'b,s1,0,0,3,4', 'b,s2,0,0,0,4', 'other,s1,0,0,9,9'];
    expect(parseSessions('b', lines)).toEqual(
      new Map([
        ['s1', 3],
        ['s2', 0],
      ]),
    );
  });

  it('are refused when they are something else', () => {
    expect(() => parseSessions('b', ['Permission denied'])).toThrow(ProxyAnswerError);
  });
});
