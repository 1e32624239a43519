/** The three clients behind one small interface, each by the fastest calls of its public API. */
import { createRequire } from 'node:module';
import { ZooKeeperClient } from '@dcmha/zk-client';

const require = createRequire(import.meta.url);

/** Turns a function that ends with a callback (error first) into one that returns a promise. */
function promised(start) {
  return new Promise((resolve, reject) => start((error, value) => (error ? reject(error) : resolve(value))));
}

export const clients = {
  '@dcmha/zk-client': async (connect, sessionTimeoutMs) => {
    const zk = new ZooKeeperClient({ connect, sessionTimeoutMs, requestTimeoutMs: 120_000 });
    await zk.waitConnected({ timeoutMs: 30_000 });
    return {
      create: (path, data) => zk.create(path, data),
      get: (path) => zk.get(path),
      set: (path, data) => zk.set(path, data),
      delete: (path) => zk.delete(path),
      watch: (path, listener) => zk.get(path, { watch: listener }),
      createSequential: (path) =>
        zk.create(path, '', { mode: 'persistent-sequential' }).then((node) => node.path),
      session: () => `0x${zk.sessionId.toString(16)}`,
      onExpired: (listener) => zk.onState(({ state }) => state === 'expired' && listener()),
      close: () => zk.close(),
    };
  },

  zookeeper: async (connect, sessionTimeoutMs) => {
    const ZooKeeper = require('zookeeper');
    const zk = new ZooKeeper({ connect, timeout: sessionTimeoutMs, debug_level: 0 });
    zk.init({});
    await new Promise((resolve) => zk.once('connect', resolve));
    const call = (start) =>
      new Promise((resolve, reject) =>
        start((rc, message, value) => (rc === 0 ? resolve(value) : reject(new Error(`${rc} ${message}`)))),
      );
    return {
      create: (path, data) => call((done) => zk.a_create(path, data, 0, done)),
      get: (path) => call((done) => zk.a_get(path, false, (rc, error, stat, data) => done(rc, error, data))),
      set: (path, data) => call((done) => zk.a_set(path, data, -1, done)),
      delete: (path) => call((done) => zk.a_delete_(path, -1, (rc, error) => done(rc, error))),
      // A function of its own each time: the same one a second time aborts the process.
      watch: (path, listener) =>
        call((done) =>
          zk.aw_get(
            path,
            (type, state, at) => listener(type, state, at),
            (rc, error, stat, data) => done(rc, error, data),
          ),
        ),
      createSequential: (path) => call((done) => zk.a_create(path, '', 2, done)),
      onExpired: (listener) => zk.on('close', listener),
      session: () => `0x${String(zk.client_id).replace(/^0x/, '')}`,
      close: async () => zk.close(),
    };
  },

  'node-zookeeper-client': async (connect, sessionTimeoutMs) => {
    const zookeeper = require('node-zookeeper-client');
    const zk = zookeeper.createClient(connect, { sessionTimeout: sessionTimeoutMs, retries: 0 });
    zk.connect();
    await new Promise((resolve) => zk.once('connected', resolve));
    return {
      create: (path, data) => promised((done) => zk.create(path, Buffer.from(data), done)),
      get: (path) => promised((done) => zk.getData(path, done)),
      set: (path, data) => promised((done) => zk.setData(path, Buffer.from(data), -1, done)),
      delete: (path) => promised((done) => zk.remove(path, -1, done)),
      watch: (path, listener) => promised((done) => zk.getData(path, listener, done)),
      createSequential: (path) =>
        promised((done) =>
          zk.create(path, Buffer.alloc(0), zookeeper.CreateMode.PERSISTENT_SEQUENTIAL, done),
        ),
      onExpired: (listener) => zk.on('expired', listener),
      session: () => `0x${zk.getSessionId().toString('hex').replace(/^0+/, '')}`,
      close: async () => zk.close(),
    };
  },
};
