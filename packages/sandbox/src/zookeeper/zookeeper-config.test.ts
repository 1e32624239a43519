import { describe, expect, it } from 'vitest';
import { zooKeeperConfig } from './zookeeper-config.js';

const member = (id: number) => ({
  id,
  host: '127.0.0.1',
  clientPort: 2000 + id,
  quorumPort: 3000 + id,
  electionPort: 4000 + id,
});
const facts = { dataDir: '/d', tickTimeMs: 500, extra: {} };

describe('zoo.cfg', () => {
  it('of a single node names no servers', () => {
    const text = zooKeeperConfig(member(1), [member(1)], facts);
    expect(text).toContain('tickTime=500\n');
    expect(text).toContain('clientPortAddress=127.0.0.1\n');
    expect(text).not.toContain('server.');
  });

  it('of an ensemble names all of them, and takes settings of the caller last', () => {
    const members = [member(1), member(2), member(3)];
    const text = zooKeeperConfig(member(2), members, { ...facts, extra: { syncLimit: 5 } });
    expect(text).toContain('clientPort=2002\n');
    expect(text).toContain('server.3=127.0.0.1:3003:4003\n');
    expect(text).toContain('syncLimit=5\n');
    expect(text.match(/syncLimit/g)).toHaveLength(1);
  });
});
