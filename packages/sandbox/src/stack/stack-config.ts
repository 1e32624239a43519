import type { AgentConfigInput } from '@dcmha/agent';
import type { EngineConfigInput } from '@dcmha/failover-engine';
import type { RouterConfigInput } from '@dcmha/router-sync';
import { dirname, join } from 'node:path';
import { accounts } from '../mysql/accounts.js';

export interface StackFacts {
  readonly group: string;
  readonly zooKeeper: string;
  readonly sessionTimeoutMs: number;
  /** Shared by agents and engines. */
  readonly agentToken: string;
}

const zookeeperOf = ({ zooKeeper, sessionTimeoutMs }: StackFacts) => ({
  connect: zooKeeper,
  sessionTimeoutMs,
});

export function agentConfig(
  facts: StackFacts,
  server: {
    readonly address: string;
    readonly host: string;
    readonly pidFile: string;
    readonly httpPort: number;
  },
): AgentConfigInput {
  return {
    zookeeper: zookeeperOf(facts),
    server: { address: server.address, pidFile: server.pidFile },
    mysql: { ...accounts.admin },
    replication: { ...accounts.replication },
    http: { host: server.host, port: server.httpPort, token: facts.agentToken },
    stateDir: join(dirname(server.pidFile), 'dcmha'),
  };
}

export function engineConfig(
  facts: StackFacts,
  engine: { readonly id: string; readonly httpPort: number },
): EngineConfigInput {
  return {
    engineId: engine.id,
    zookeeper: zookeeperOf(facts),
    mysql: { ...accounts.admin },
    replication: { ...accounts.replication },
    http: { host: '127.0.0.1', port: engine.httpPort },
    agentToken: facts.agentToken,
  };
}

export function routerConfig(
  facts: StackFacts,
  router: { readonly name: string; readonly socketPath: string; readonly stateFile: string },
): RouterConfigInput {
  return {
    router: router.name,
    zookeeper: zookeeperOf(facts),
    proxy: { type: 'haproxy', socket: router.socketPath },
    groups: [facts.group],
    stateFile: router.stateFile,
  };
}

/** For `dcmha ... --config FILE` of a person. */
export function operatorConfig(facts: StackFacts): object {
  return {
    zookeeper: { connect: facts.zooKeeper },
    mysql: { ...accounts.admin },
    agentToken: facts.agentToken,
  };
}
