import { describe, expect, it, vi } from 'vitest';
import type { WatchEvent, WatchListener } from '../api.js';
import { WatchRegistry } from './watch-registry.js';

function told(registry: WatchRegistry, event: WatchEvent): [WatchListener, string][] {
  return registry.take(event).map(({ listener, event: { type, path } }) => [listener, `${type} ${path}`]);
}

const listener = (): WatchListener => vi.fn();

describe('WatchRegistry', () => {
  it('names each listener of an event once, and forgets one-shot watches', () => {
    const registry = new WatchRegistry();
    const [one, other] = [listener(), listener()];
    registry.addOneShot('data', '/a', one);
    registry.addOneShot('data', '/a', one);
    registry.addOneShot('exist', '/a', one);
    registry.addOneShot('child', '/a', one);
    registry.addOneShot('child', '/a', other);
    expect(registry.size).toBe(4);
    expect(told(registry, { type: 'deleted', path: '/a' })).toEqual([
      [one, 'deleted /a'],
      [other, 'deleted /a'],
    ]);
    expect(registry.size).toBe(0);
  });

  it('tells a change of data and one of children apart', () => {
    const registry = new WatchRegistry();
    const [data, child] = [listener(), listener()];
    registry.addOneShot('data', '/a', data);
    registry.addOneShot('child', '/a', child);
    expect(told(registry, { type: 'children-changed', path: '/a' })).toEqual([
      [child, 'children-changed /a'],
    ]);
    expect(told(registry, { type: 'data-changed', path: '/a' })).toEqual([[data, 'data-changed /a']]);
  });

  it('tells a recursive watch of everything below it, and of nothing beside it', () => {
    const registry = new WatchRegistry();
    const recursive = listener();
    registry.addPersistent('/a', recursive, true);
    for (const path of ['/a', '/a/b', '/a/b/c']) {
      expect(told(registry, { type: 'data-changed', path })).toEqual([[recursive, `data-changed ${path}`]]);
    }
    expect(told(registry, { type: 'data-changed', path: '/ab' })).toEqual([]);
    expect(told(registry, { type: 'children-changed', path: '/a/b' })).toEqual([]);
    const all = listener();
    registry.addPersistent('/', all, true);
    expect(told(registry, { type: 'created', path: '/x/y' })).toEqual([[all, 'created /x/y']]);
  });

  it('keeps one-shot watches off the server where a persistent one brings their events', () => {
    const registry = new WatchRegistry();
    expect(registry.isCovered('data', '/a')).toBe(false);
    const release = registry.claim('/a', false);
    registry.claim('/a', false)();
    expect(registry.isCovered('data', '/a')).toBe(true);
    expect(registry.isCovered('child', '/a')).toBe(true);
    release();
    release();
    expect(registry.isCovered('data', '/a')).toBe(false);
    registry.addPersistent('/a', listener(), true);
    expect(registry.isCovered('exist', '/a')).toBe(true);
    expect(registry.isCovered('child', '/a')).toBe(false);
    expect(registry.isCovered('data', '/a/b')).toBe(false);
  });

  it('has only the recursive one of two persistent watches on a node set, and derives the rest', () => {
    const registry = new WatchRegistry();
    const [plain, recursive] = [listener(), listener()];
    registry.addPersistent('/a', plain, false);
    registry.addPersistent('/a', recursive, true);
    expect(registry.paths()).toMatchObject({ persistent: [], recursive: ['/a'] });
    expect(told(registry, { type: 'created', path: '/a/b' })).toEqual([
      [recursive, 'created /a/b'],
      [plain, 'children-changed /a'],
    ]);
    expect(told(registry, { type: 'created', path: '/a/b/c' })).toEqual([[recursive, 'created /a/b/c']]);
    registry.removePersistent('/a', recursive, true);
    expect(registry.paths()).toMatchObject({ persistent: ['/a'], recursive: [] });
  });

  it('lists what a new connection has to set, or what concerns one node', () => {
    const registry = new WatchRegistry();
    expect(registry.paths()).toBeNull();
    registry.addOneShot('data', '/a', listener());
    registry.addOneShot('exist', '/b', listener());
    registry.addOneShot('child', '/a', listener());
    registry.addPersistent('/c', listener(), false);
    const none = { data: [], exist: [], child: [], persistent: [], recursive: [] };
    expect(registry.paths()).toEqual({
      ...none,
      data: ['/a'],
      exist: ['/b'],
      child: ['/a'],
      persistent: ['/c'],
    });
    expect(registry.paths('/a')).toEqual({ ...none, data: ['/a'], child: ['/a'] });
    expect(registry.paths('/z')).toBeNull();
  });

  it('tells each watch once that it is lost', () => {
    const registry = new WatchRegistry();
    const one = listener();
    registry.addOneShot('data', '/a', one);
    registry.addOneShot('child', '/a', one);
    registry.addPersistent('/b', one, true);
    expect(registry.takeAll().map(({ event }) => event)).toEqual([
      { type: 'watch-lost', path: '/a' },
      { type: 'watch-lost', path: '/b' },
    ]);
    expect(registry.size).toBe(0);
    expect(registry.takeAll()).toEqual([]);
  });
});
