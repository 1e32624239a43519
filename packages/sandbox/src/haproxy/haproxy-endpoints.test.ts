import { expect, it } from 'vitest';
import { haproxyEndpoints } from './haproxy-endpoints.js';

it('what HAProxy listens on is read from its configuration', () => {
  const config = `
global
  stats socket /run/x.sock mode 600 level admin
  stats socket ipv4@127.0.0.1:9999 level admin
frontend write
  bind 127.0.0.1:3306,127.0.0.2:3307 # bind 1.1.1.1:1
  bind :3308 name x
  bind /run/y.sock
`;
  expect(haproxyEndpoints(config)).toEqual({
    runtimeSockets: ['/run/x.sock'],
    binds: [
      { host: '127.0.0.1', port: 3306 },
      { host: '127.0.0.2', port: 3307 },
      { host: '127.0.0.1', port: 3308 },
    ],
  });
});
