import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineHttp } from './engine-http.js';

describe('EngineHttp', () => {
  let http: EngineHttp;
  beforeAll(async () => {
    http = await EngineHttp.listen(
      { host: '127.0.0.1', port: 0 },
      {
        engineId: 'e1',
        groups: () => ['orders'],
        explain: (group) =>
          group === 'orders' ? { evaluations: [], candidates: null, tasks: [], maintenance: null } : null,
        checkSwitchover: (group, target) =>
          group === 'broken'
            ? Promise.reject(new Error('it cannot be asked'))
            : Promise.resolve(
                group === 'orders'
                  ? { group, possible: target === null, checks: [], candidates: null, plan: null }
                  : null,
              ),
        connected: () => true,
        hooks: ['page'],
      },
    );
  });
  afterAll(() => http.close());

  it.each([
    ['/health', 200, { ok: true, engineId: 'e1', groups: ['orders'], hooks: ['page'] }],
    ['/groups', 200, { engineId: 'e1', groups: ['orders'] }],
    ['/groups/orders/explain', 200, { group: 'orders', engineId: 'e1', evaluations: [], tasks: [] }],
    ['/groups/billing/explain', 404, { error: 'e1 does not own billing' }],
    ['/groups/orders/switchover', 200, { possible: true }],
    ['/groups/orders/switchover?target=db2%3A3306', 200, { possible: false }],
    ['/groups/billing/switchover', 404, { error: 'e1 does not own billing' }],
    ['/groups/broken/switchover', 500, { error: 'it cannot be asked' }],
    ['/groups/%zz/explain', 404, { error: 'e1 does not own %zz' }],
    ['/else', 404, {}],
  ])('%s', async (path, status, body) => {
    const response = await fetch(`http://127.0.0.1:${http.port}${path}`);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject(body);
  });
});
