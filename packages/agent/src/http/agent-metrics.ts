import type { InstanceStatus } from '@dcmha/mysql-instance';
import type { AgentStatus } from '@dcmha/zk-schema';
import { Gauge, Registry } from 'prom-client';
import type { TailFacts } from '../tail/tail-server.js';

/** The agent's facts as Prometheus text; made from one snapshot, so that its lines agree with each other. */
export function agentMetrics(
  agent: AgentStatus,
  status: InstanceStatus | null,
  tail: TailFacts | null,
): Promise<string> {
  const registry = new Registry();
  const labels = { server: agent.server, group: agent.group ?? '' };
  const gauge = (name: string, help: string, value: number): void => {
    const metric = new Gauge({
      name: `dcmha_agent_${name}`,
      help,
      labelNames: ['server', 'group'],
      registers: [registry],
    });
    metric.set(labels, value);
  };
  gauge('mysqld_up', '1 while mysqld answers', agent.mysqld === 'up' ? 1 : 0);
  gauge(
    'mysqld_hung',
    '1 while mysqld accepts connections and answers nothing',
    agent.mysqld === 'hung' ? 1 : 0,
  );
  gauge('is_primary', '1 when ZooKeeper names the server as primary', agent.role === 'primary' ? 1 : 0);
  gauge('tail_serving', '1 while the binlog of the dead server is served', tail === null ? 0 : 1);
  if (tail !== null) {
    gauge('tail_replicas', 'connections to the tail source', tail.replicas);
    gauge('tail_transactions_sent', 'transactions that the tail source has sent', tail.transactionsSent);
    gauge('tail_bytes_sent', 'bytes that the tail source has sent', tail.bytesSent);
  }
  if (status !== null) {
    gauge('writable', '1 while the server takes writes', status.readOnly ? 0 : 1);
    gauge('connections', 'connections of the server', status.connections.current);
    gauge('semisync_ackers', 'replicas that acknowledge', status.semisync.ackers);
    const lagMs = status.channels.find((c) => c.name === '')?.lagMs ?? null;
    if (lagMs !== null) gauge('lag_seconds', 'how far the applier is behind', lagMs / 1000);
  }
  return registry.metrics();
}
