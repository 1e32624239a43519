import { describe, expect, it } from 'vitest';
import { agentConfigSchema } from '@dcmha/agent';
import { engineConfigSchema } from '@dcmha/failover-engine';
import { routerConfigSchema } from '@dcmha/router-sync';
import { agentConfig, engineConfig, routerConfig, type StackFacts } from './stack-config.js';

const facts: StackFacts = {
  group: 'demo',
  zooKeeper: '127.0.0.1:2181',
  sessionTimeoutMs: 2_000,
  agentToken: 'a-shared-secret',
};

describe('configurations of the daemons', () => {
  it('are what the agent expects', () => {
    const server = { address: '127.0.0.11:3306', host: '127.0.0.11', pidFile: '/x/pid', httpPort: 8080 };
    expect(agentConfigSchema.parse(agentConfig(facts, server))).toMatchObject({
      server: { address: '127.0.0.11:3306' },
      zookeeper: { connect: '127.0.0.1:2181', sessionTimeoutMs: 2_000 },
    });
  });

  it('are what the engine expects', () => {
    expect(engineConfigSchema.parse(engineConfig(facts, { id: 'engine-1', httpPort: 0 }))).toMatchObject({
      engineId: 'engine-1',
      agentToken: 'a-shared-secret',
    });
  });

  it('are what router-sync expects', () => {
    const router = { name: 'router-1', socketPath: '/x/haproxy.sock', stateFile: '/x/state.json' };
    expect(routerConfigSchema.parse(routerConfig(facts, router))).toMatchObject({ router: 'router-1' });
  });
});
