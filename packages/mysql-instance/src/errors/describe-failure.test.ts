import { describe, expect, it } from 'vitest';
import { describeFailure, redact, type FailureContext } from './describe-failure.js';

const context: FailureContext = {
  address: { host: 'db1', port: 3306 },
  user: 'dcmha',
  phase: 'query',
  secrets: ['s3cret'],
};

describe('what a failure means', () => {
  it.each([
    ['nothing listens', { message: 'connect', code: 'ECONNREFUSED', errno: -111 }, 'tcp', 'REFUSED'],
    ['no route', { message: 'x', code: 'EHOSTUNREACH', errno: -113 }, 'tcp', 'UNREACHABLE'],
    ['an unknown host', { message: 'x', code: 'ENOTFOUND', errno: -3008 }, 'tcp', 'UNREACHABLE'],
    ['the kernel gave up', { message: 'x', code: 'ETIMEDOUT', errno: -110 }, 'tcp', 'CONNECT_TIMEOUT'],
    ['accepted and closed', { message: 'read', code: 'ECONNRESET', errno: -104 }, 'greeting', 'REFUSED'],
    ['broken in a login', { message: 'read', code: 'ECONNRESET', errno: -104 }, 'login', 'LOST'],
    ['broken in a query', { message: 'gone', code: 'PROTOCOL_CONNECTION_LOST' }, 'query', 'LOST'],
    [
      'too many',
      { message: 'Too many connections', errno: 1040, sqlState: '08004' },
      'login',
      'TOO_MANY_CONNECTIONS',
    ],
    [
      'too many, told without state',
      { message: 'Too many connections', errno: 1040 },
      'login',
      'TOO_MANY_CONNECTIONS',
    ],
    [
      'wrong password',
      { message: 'Access denied', errno: 1045, sqlState: '28000' },
      'login',
      'ACCESS_DENIED',
    ],
    [
      'a right that is missing',
      { message: 'need SUPER', errno: 1227, sqlState: '42000' },
      'query',
      'ACCESS_DENIED',
    ],
    ['an untrusted certificate', { message: 'self-signed', code: 'HANDSHAKE_SSL_ERROR' }, 'login', 'TLS'],
    ['a shutdown', { message: 'shutdown', errno: 1053, sqlState: '08S01' }, 'query', 'STARTING'],
    ['any other answer', { message: 'Unknown thread id: 5', errno: 1094, sqlState: 'HY000' }, 'query', 'SQL'],
  ] as const)('%s', (_name, failure, phase, code) => {
    expect(describeFailure(failure, { ...context, phase }).code).toBe(code);
  });

  it('names server, step, error number and remedy', () => {
    const error = describeFailure(
      { message: 'Access denied for user', errno: 1045, sqlState: '28000' },
      { ...context, phase: 'login', statement: 'log in' },
    );
    expect(error.message).toBe(
      "MySQL at db1:3306, log in: access denied for user 'dcmha' (error 1045: Access denied for user). " +
        'Check user, password, host and privileges of the account that dcmha uses.',
    );
  });

  it('shows no password, however the server quotes it', () => {
    const error = describeFailure(
      { message: "You have an error near 's3cret', SOURCE_SSL = 0'", errno: 1064, sqlState: '42000' },
      context,
    );
    expect(error.message).not.toContain('s3cret');
    expect(error.message).toContain("near '***'");
  });

  it('leaves a text alone when the secret is empty', () => {
    expect(redact('abc', [''])).toBe('abc');
  });
});
