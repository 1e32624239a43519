import { randomUUID } from 'node:crypto';
import type { EngineConfig } from '../config.js';
import type { MemberKey } from '../core/model.js';
import type { AgentControl, Clock, ManagedServerControl } from '../ports.js';
import { agentClient } from './agent-client.js';
import { mysqlControl } from './mysql-control.js';
import { systemClock } from './system-clock.js';

/** What an engine works in besides ZooKeeper: this machine's, or a simulated one. */
export interface EngineWorld {
  readonly clock: Clock;
  /** A control of one server. `lost` is told when its held connection ended by itself. */
  readonly connect: (
    member: MemberKey,
    lost: (member: MemberKey, detail: string) => void,
  ) => ManagedServerControl;
  /** The agent that answers at this endpoint. */
  readonly agent: (endpoint: string) => AgentControl;
  /** Names an operation; never the same twice. */
  readonly newId: () => string;
}

/** This machine's clock, MySQL over TCP, agents over HTTP. */
export function machineWorld(config: EngineConfig): EngineWorld {
  return {
    clock: systemClock,
    connect: (member, lost) =>
      mysqlControl(member, {
        mysql: config.mysql,
        replication: config.replication,
        timeoutMs: config.observe.timeoutMs,
        lost,
      }),
    agent: (endpoint) => agentClient(endpoint, config.agentToken),
    newId: randomUUID,
  };
}
