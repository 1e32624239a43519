import { join } from 'node:path';
import { parseAddress, type Logger } from '@dcmha/zk-schema';
import type { AgentConfig } from '../config.js';
import { BinlogFactsFile } from './binlog-facts.js';
import { TailServer } from './tail-server.js';

/** The tail source of the configured server. */
export function createTailServer({ server, stateDir, tail }: AgentConfig, logger: Logger): TailServer {
  const { host } = parseAddress(server.address);
  const file = `binlog-${server.address.replaceAll(/[^\w.-]/g, '_')}.json`;
  return new TailServer({
    facts: new BinlogFactsFile(join(stateDir, file)),
    binlogIndex: server.binlogIndex,
    host: tail.host ?? host,
    advertise: tail.advertise ?? host,
    port: tail.port,
    tls: tail.tls,
    allowPlain: tail.allowPlain,
    unusedMs: tail.unusedMs,
    maxMs: tail.maxMs,
    logger,
  });
}
