import assert from 'node:assert/strict';
import type { SessionState } from '@dcmha/zk-client';
import { EventLog, conformanceCase, refused } from './case.js';

export const sessionCases = [
  conformanceCase('a session has an id, a timeout and time left', async ({ connect }) => {
    const [first, second] = [await connect({ sessionTimeoutMs: 6000 }), await connect()];
    assert.equal(first.state, 'connected');
    assert.notEqual(first.sessionId, 0n);
    assert.notEqual(first.sessionId, second.sessionId);
    assert.equal(first.sessionTimeoutMs, 6000);
    await first.exists('/');
    const leftMs = first.remainingMs();
    assert.ok(leftMs > 0 && leftMs <= 6000, `remainingMs() is ${leftMs}`);
    await first.waitConnected();
  }),

  conformanceCase('a closed client refuses everything', async ({ connect, folder }) => {
    const zk = await connect();
    const states: SessionState[] = [];
    zk.onState(({ state }) => states.push(state));
    const forget = zk.onState(() => assert.fail('a listener that left is called'));
    forget();
    await zk.close();
    await zk.close();
    assert.equal(zk.state, 'closed');
    assert.deepEqual(states, ['closed']);
    assert.equal(zk.remainingMs(), 0);
    await refused(zk.get(folder), 'CLOSED');
    await refused(zk.create(`${folder}/a`), 'CLOSED');
    await refused(zk.waitConnected(), 'CLOSED');
    const other = await connect();
    assert.equal(await other.exists(`${folder}/a`), null);
  }),

  conformanceCase('a call whose signal has aborted is not made', async ({ connect, folder }) => {
    const zk = await connect();
    const error = await refused(zk.create(`${folder}/a`, '', { signal: AbortSignal.abort() }), 'ABORTED');
    assert.equal(error.maybeApplied, false);
    await zk.sync(folder);
    assert.equal(await zk.exists(`${folder}/a`), null);
  }),

  conformanceCase('a call that is given up may have happened', async ({ connect, folder, until }) => {
    const zk = await connect();
    const abort = new AbortController();
    const call = zk.create(`${folder}/a`, '', { signal: abort.signal });
    const refusal = refused(call, 'ABORTED');
    abort.abort();
    await refusal;
    await zk.create(`${folder}/b`);
    await until('what came after is there', async () => (await zk.exists(`${folder}/b`)) !== null);
  }),

  conformanceCase('a session and its nodes survive a broken connection', async (environment) => {
    const { connect, folder, cut, until } = environment;
    const zk = await connect();
    const { sessionId } = zk;
    const { stat } = await zk.create(`${folder}/e`, '', { mode: 'ephemeral' });
    const states: SessionState[] = [];
    zk.onState(({ state }) => states.push(state));
    const heal = await cut();
    await until('disconnected', () => zk.state === 'disconnected');
    await heal();
    await until('connected again', () => zk.state === 'connected');
    assert.deepEqual(states, ['disconnected', 'connected']);
    assert.equal(zk.sessionId, sessionId);
    assert.deepEqual(await zk.exists(`${folder}/e`), stat);
  }),

  conformanceCase('one-shot watches tell after a reconnection what they missed', async (environment) => {
    const { connect, folder, cut, until } = environment;
    const zk = await connect();
    const doomed = await connect();
    await zk.create(`${folder}/same`);
    await zk.create(`${folder}/gone`);
    await doomed.create(`${folder}/parent`);
    const log = new EventLog();
    await zk.sync(folder);
    await zk.get(`${folder}/same`, { watch: log.listener });
    await zk.get(`${folder}/gone`, { watch: log.listener });
    await zk.exists(`${folder}/new`, { watch: log.listener });
    await zk.children(`${folder}/parent`, { watch: log.listener });
    const heal = await cut();
    await until('disconnected', () => zk.state === 'disconnected' && doomed.state === 'disconnected');
    assert.deepEqual(log.lines, []);
    await heal();
    await until('connected again', () => zk.state === 'connected');
    // Nothing has changed, so nothing is told; the watches are still there.
    await zk.sync(folder);
    assert.deepEqual(log.lines, []);
    await doomed.delete(`${folder}/gone`);
    await doomed.create(`${folder}/new`);
    await doomed.create(`${folder}/parent/child`);
    await until('three events', () => log.lines.length >= 3);
    await zk.set(`${folder}/same`, 'x');
    await until('four events', () => log.lines.length >= 4);
    assert.deepEqual(log.sorted, [
      `children-changed ${folder}/parent`,
      `created ${folder}/new`,
      `data-changed ${folder}/same`,
      `deleted ${folder}/gone`,
    ]);
  }),

  conformanceCase('lasting watches work again after a reconnection', async (environment) => {
    const { connect, folder, cut, until } = environment;
    const zk = await connect();
    await zk.create(`${folder}/a`);
    const log = new EventLog();
    await zk.addWatch(`${folder}/a`, log.listener);
    const heal = await cut();
    await until('disconnected', () => zk.state === 'disconnected');
    await heal();
    await until('connected again', () => zk.state === 'connected');
    await zk.set(`${folder}/a`, 'x');
    await until('the event', () => log.lines.length > 0);
    assert.deepEqual(log.lines, [`data-changed ${folder}/a`]);
  }),

  conformanceCase(
    'calls made while disconnected are carried out once connected',
    async ({ connect, folder, cut, until }) => {
      const zk = await connect();
      const heal = await cut();
      await until('disconnected', () => zk.state === 'disconnected');
      const call = zk.create(`${folder}/a`, 'x');
      const late = refused(zk.create(`${folder}/b`, 'x', { timeoutMs: 50 }), 'OPERATION_TIMEOUT');
      assert.equal((await late).maybeApplied, false);
      await heal();
      assert.equal((await call).path, `${folder}/a`);
      assert.equal(await zk.exists(`${folder}/b`), null);
    },
    ['waiting-calls'],
  ),

  conformanceCase('credentials are given again after a reconnection', async (environment) => {
    const { connect, folder, cut, until } = environment;
    const zk = await connect({ auth: [{ scheme: 'digest', auth: 'again:secret' }] });
    await zk.create(`${folder}/a`);
    await zk.setAcl(`${folder}/a`, [{ permissions: 31, scheme: 'auth', id: '' }]);
    const heal = await cut();
    await until('disconnected', () => zk.state === 'disconnected');
    await heal();
    await until('connected again', () => zk.state === 'connected');
    await zk.get(`${folder}/a`);
  }),
];
