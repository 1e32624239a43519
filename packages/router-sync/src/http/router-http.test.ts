import { describe, expect, it } from 'vitest';
import { RouterHttp, RouterHttpError } from './router-http.js';
import type { RouterFacts } from './router-metrics.js';

const good: RouterFacts = {
  router: 'haproxy-1',
  connected: true,
  groups: [
    { group: 'orders', epoch: 7, version: 31, error: null },
    { group: 'new', epoch: null, version: null, error: null },
  ],
};

describe('what a monitor sees', () => {
  it('tells health and metrics, and refuses a taken port', async () => {
    let facts = good;
    const http = await RouterHttp.listen({ host: '127.0.0.1', port: 0 }, () => facts);
    try {
      const get = (path: string) => fetch(`http://127.0.0.1:${http.port}${path}`);
      const health = await get('/health');
      expect(health.status).toBe(200);
      expect(await health.json()).toEqual({ ok: true, ...good });
      expect(
        (await (await get('/metrics')).text()).split('\n').filter((line) => !line.startsWith('#')),
      ).toEqual([
        'dcmha_router_zookeeper_connected{router="haproxy-1"} 1',
        'dcmha_router_failing{router="haproxy-1",group="orders"} 0',
        'dcmha_router_failing{router="haproxy-1",group="new"} 0',
        'dcmha_router_route_version{router="haproxy-1",group="orders"} 31',
        'dcmha_router_route_epoch{router="haproxy-1",group="orders"} 7',
        '',
      ]);
      facts = { ...good, groups: [{ ...good.groups[0]!, error: 'no socket' }] };
      expect((await get('/health')).status).toBe(503);
      expect(await (await get('/metrics')).text()).toContain('failing{router="haproxy-1",group="orders"} 1');
      facts = { ...good, connected: false };
      expect((await get('/health')).status).toBe(503);
      expect((await get('/other')).status).toBe(404);
      await expect(RouterHttp.listen({ host: '127.0.0.1', port: http.port }, () => facts)).rejects.toThrow(
        RouterHttpError,
      );
    } finally {
      await http.close();
    }
  });
});
