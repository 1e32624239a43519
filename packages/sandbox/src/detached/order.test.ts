import { expect, it } from 'vitest';
import { inOrder } from './order.js';
import type { DetachedEntry } from './state.js';

it('entries are in the order of a person: by kind, then by number', () => {
  const entry = (kind: DetachedEntry['kind'], name: string): DetachedEntry => ({
    name,
    kind,
    pid: 1,
    startTime: '1',
    logFile: '/l',
    spec: { name, file: '/f', args: [], cwd: '/', logFile: '/l' },
  });
  const names = inOrder([
    entry('engine', 'engine-1'),
    entry('mysql', 'mysql-10'),
    entry('zookeeper', 'zookeeper-1'),
    entry('mysql', 'mysql-2'),
  ]).map(({ name }) => name);
  expect(names).toEqual(['zookeeper-1', 'mysql-2', 'mysql-10', 'engine-1']);
});
