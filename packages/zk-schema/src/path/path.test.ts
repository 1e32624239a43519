import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { model, nodeKeys } from '../model/index.js';
import type { NodeKey, NodeParams, ParamKind } from '../model/index.js';
import type { LayoutOptions } from './index.js';
import { PathError, buildFolder, buildPath, createLayout, parsePath } from './index.js';
import { decodeSegment, encodeSegment } from './segment.js';
import { isWellFormed } from './well-formed.js';
import { znodePathProblem } from './znode-path.js';

const layout = createLayout();

const groupName = fc
  .stringMatching(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,20}[A-Za-z0-9])?$/)
  .filter((text) => !text.endsWith('_send'));
const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1 }),
  fc.string({ unit: 'binary', minLength: 1 }),
);
const paramOf: Record<ParamKind, fc.Arbitrary<string>> = {
  group: groupName,
  address: fc
    .tuple(
      fc.oneof(
        fc.ipV4(),
        fc.ipV6().map((ip) => `[${ip}]`),
        fc.domain(),
      ),
      fc.integer({ min: 1, max: 65_535 }),
    )
    .map(([host, port]) => `${host}:${port}`),
  name: anyText.filter(isWellFormed),
  sequence: fc.integer({ min: 0, max: 2_147_483_647 }).map((n) => `entry-${String(n).padStart(10, '0')}`),
};

function paramsOf(key: NodeKey): fc.Arbitrary<Record<string, string>> {
  const kinds = Object.entries(model[key].params as Record<string, ParamKind>);
  return fc.record(Object.fromEntries(kinds.map(([name, kind]) => [name, paramOf[kind]])));
}

describe('paths of the tree', () => {
  it.each<[NodeKey, Record<string, string>, string]>([
    ['master', { group: 'orders' }, '/mysql/master/orders'],
    ['metaHost', { server: 'db1:3306' }, '/mysql/meta/host/db1:3306'],
    ['onlineList', { server: '[::1]:3306' }, '/mysql/online-list/[::1]:3306'],
    ['routeAlert', { group: 'orders' }, '/mysql/watch-down/orders_send'],
    ['routerAck', { group: 'orders', router: 'h/1' }, '/mysql/router-ack/orders/h%2F1'],
    ['history', { group: 'orders', entry: 'entry-0000000007' }, '/mysql/history/orders/entry-0000000007'],
    ['additionRegion', { region: '上海' }, '/mysql/addition/region/上海'],
    ['lock', { name: '..' }, '/mysql/lock/%2E%2E'],
    ['engineFence', { group: 'orders' }, '/mysql/engine/fence/orders'],
  ])('%s', (key, params, path) => {
    expect(buildPath(layout, key, params as NodeParams<typeof key>)).toBe(path);
    expect(parsePath(layout, path)).toEqual({ kind: 'node', node: key, params, legacy: false });
  });

  it('every node: what is built is a path that ZooKeeper takes and is read as the same node', () => {
    const names = fc.constantFrom({}, { route: 'ha/proxy', master: 'm', metaHost: 'hosts' });
    for (const key of nodeKeys) {
      fc.assert(
        fc.property(paramsOf(key), names, (params, configured) => {
          const own = createLayout({ root: '/a/b', names: configured });
          const path = buildPath(own, key, params as NodeParams<typeof key>);
          expect(znodePathProblem(path)).toBeNull();
          expect(parsePath(own, path)).toEqual({ kind: 'node', node: key, params, legacy: false });
        }),
        { numRuns: 40 },
      );
    }
  });

  it('any path is told apart without an exception, and a node only by its one spelling', () => {
    const path = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .tuple(fc.constantFrom(...nodeKeys), fc.array(anyText))
        .map(([key, parts]) => `/mysql/${layout.names[model[key].name]}/${parts.join('/')}`),
    );
    fc.assert(
      fc.property(path, (text) => {
        const parsed = parsePath(layout, text);
        if (parsed.kind === 'node' && !parsed.legacy)
          expect(buildPath(layout, parsed.node, parsed.params as never)).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  it('folders say what stands below them', () => {
    expect(parsePath(layout, '/mysql/router-ack/orders')).toEqual({
      kind: 'folder',
      nodes: ['routerAck'],
      params: { group: 'orders' },
    });
    expect(parsePath(layout, '/mysql/meta')).toMatchObject({
      kind: 'folder',
      nodes: ['metaHost', 'metaGroup', 'metaRouter'],
    });
    expect(parsePath(layout, '/mysql/watch-down')).toMatchObject({ nodes: ['watchDown', 'routeAlert'] });
    expect(parsePath(layout, '/mysql')).toMatchObject({ kind: 'folder', nodes: nodeKeys });
    expect(buildFolder(layout, 'routerAck')).toBe('/mysql/router-ack');
    expect(buildFolder(layout, 'routerAck', { group: 'orders' })).toBe('/mysql/router-ack/orders');
  });

  it('names of the original system are recognised', () => {
    expect(parsePath(layout, '/mysql/meta/host/192-168-1-2')).toEqual({
      kind: 'node',
      node: 'metaHost',
      params: { server: '192.168.1.2' },
      legacy: true,
    });
    expect(parsePath(layout, '/mysql/meta/host/db-1')).toMatchObject({ kind: 'unknown' });
  });

  it.each([
    ['/other/master/orders', 'under the root'],
    ['/mysqlx', 'under the root'],
    ['/mysql/nothing', 'no node'],
    ['/mysql/master/orders/more', 'deeper'],
    ['/mysql/master/-', 'name of a group'],
    ['/mysql/online-list/db1', 'host:port'],
    ['/mysql/router-ack/orders/h%2f1', 'not written as it should be'],
    ['/mysql/router-ack/orders/%', 'not written as it should be'],
    ['/mysql/history/orders/first', 'numbered'],
  ])('%s is unknown', (path, reason) => {
    const parsed = parsePath(layout, path);
    expect(parsed).toMatchObject({ kind: 'unknown' });
    expect(parsed.kind === 'unknown' && parsed.reason).toContain(reason);
  });

  it('a parameter that is not what it should be is refused', () => {
    expect(() => buildPath(layout, 'master', { group: 'a/b' })).toThrow(PathError);
    expect(() => buildPath(layout, 'master', { group: 'a_send' })).toThrow('not ending in "_send"');
    expect(() => buildPath(layout, 'onlineList', { server: 'db1' })).toThrow('host:port');
    expect(() => buildPath(layout, 'master', {} as never)).toThrow('group');
    expect(() => buildPath(layout, 'lock', { name: '' })).toThrow(PathError);
    expect(() => buildPath(layout, 'lock', { name: '\ud800' })).toThrow('Unicode');
  });
});

describe('layout of the tree', () => {
  it.each<[LayoutOptions, string]>([
    [{ root: '/' }, 'root'],
    [{ root: 'mysql' }, 'begins with'],
    [{ root: '/a//b' }, 'empty part'],
    [{ root: '/a/' }, 'end with'],
    [{ names: { master: '' } }, 'names.master'],
    [{ names: { master: '/m' } }, 'names.master'],
    [{ names: { master: 'meta' } }, 'lies in names.master'],
    [{ names: { master: 'lock' } }, 'names.'],
    [{ names: { ['mastr' as 'master']: 'x' } }, 'names.mastr'],
  ])('%j is refused', (options, reason) => {
    expect(() => createLayout(options)).toThrow(PathError);
    expect(() => createLayout(options)).toThrow(reason);
  });

  it('names that only begin alike do not collide', () => {
    expect(createLayout({ names: { master: 'lock-master' } }).names.master).toBe('lock-master');
  });
});

describe('a part of a path', () => {
  it('keeps any text, in characters that ZooKeeper takes', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        if (!isWellFormed(text)) return expect(() => encodeSegment(text)).toThrow(PathError);
        const segment = encodeSegment(text);
        expect(znodePathProblem(`/${segment}`)).toBeNull();
        expect(decodeSegment(segment)).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });
});
