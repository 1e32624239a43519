import type { NodeInput, NodeKey } from '../model/index.js';
import { dict, integer, list, literal, server, serverOf, serverOfHost, text } from './fields.js';
import type { PythonDict } from './fields.js';
import { LegacyValueError } from './legacy-context.js';
import type { LegacyContext, LegacyHostMeta } from './legacy-context.js';
import type { PythonValue } from './python-literal.js';

type Reader<Key extends NodeKey> = (value: string, context: LegacyContext) => Promise<NodeInput<Key>>;

/**
 * How each value of the original Python system (wwwbjqcom/dcmha on GitHub, 2018) is read as one of this model. Nodes
 * without a reader did not exist there, or hold nothing there that could be read (`online-list`, `online-clients`).
 */
export const legacyReaders: { readonly [Key in NodeKey]?: Reader<Key> } = {
  white: async (value, { stat }) => {
    empty(value);
    return { by: 'unknown', reason: '', sinceMs: stat.ctimeMs };
  },

  lock: async (value, { stat }) => {
    empty(value);
    return { holder: 'unknown', sinceMs: stat.ctimeMs };
  },

  task: async (value, context) => task(list(literal(value)), context),

  metaHost: async (value) => ({ group: hostMeta(value).group }),

  metaGroup: async (value, context) => ({
    members: await Promise.all(value.split(',').map((one) => serverOfHost(one.trim(), context))),
  }),

  metaRouter: async (value) => ({
    routers: value.split(',').map((one) => server(one.trim(), 'a router')),
  }),

  master: async (value, context) => ({
    primary: await serverOfHost(value.trim(), context),
    epoch: 0,
    sinceMs: context.stat.mtimeMs,
  }),

  route: async (value, { stat }) => {
    const fields = dict(literal(value));
    const read = fields.get('read');
    return {
      write: server(fields.get('write'), 'write'),
      // The list was put into the dict as text.
      read: list(typeof read === 'string' ? literal(read) : (read ?? null)).map((one) => server(one, 'read')),
      epoch: 0,
      version: 0,
      reason: 'as the original system left it',
      changedAtMs: stat.mtimeMs,
    };
  },

  watchDown: async (value, { stat }) => ({ reason: value, sinceMs: stat.ctimeMs }),

  routeAlert: async (value, { stat }) => ({ reason: value, sinceMs: stat.ctimeMs }),

  slavedown: async (value, { stat }) => ({
    group: text(dict(literal(value)).get('groupname'), 'groupname'),
    reason: 'not online when the original system looked',
    sinceMs: stat.ctimeMs,
  }),

  readbinlogStatus: async (value, { stat }) => {
    const [group, file, position] = list(literal(value));
    const none = (file ?? null) === null;
    return {
      group: text(group, 'group'),
      file: none ? null : text(file, 'file'),
      position: none ? null : integer(position, 'position'),
      atMs: stat.ctimeMs,
    };
  },

  executeGtid: async (value, { stat }) => {
    const [group, gtidExecuted] = list(literal(value));
    return {
      group: text(group, 'group'),
      gtidExecuted: text(gtidExecuted, 'GTID set'),
      atMs: stat.ctimeMs,
    };
  },

  additionReplication: async (value) => {
    const found = literal(value);
    return { source: found === null ? null : endpoint(dict(found)) };
  },

  additionRegion: async (value) => ({
    endpoints: [...dict(literal(value))].map(([name, fields]) =>
      endpoint(dict(fields), text(name, 'a host')),
    ),
  }),
};

function empty(value: string): void {
  if (value !== '') throw new LegacyValueError('the original system leaves it empty');
}

/** `{'group': 'a', 'port': 3306}`; the port may be a string. */
export function hostMeta(value: string): LegacyHostMeta {
  const fields = dict(literal(value));
  return { group: text(fields.get('group'), 'group'), port: integer(fields.get('port'), 'port') };
}

/** `{'host': '192.168.1.2', 'port': 3306, 'ssl': 0}`, or without the host where that is the key. */
function endpoint(fields: PythonDict, name?: string): { address: string; tls: boolean } {
  // "prot" is how the manual of the original system spells it.
  const port = integer(fields.get('port') ?? fields.get('prot'), 'port');
  const tls = integer(fields.get('ssl') ?? 0, 'ssl');
  return { address: serverOf(name ?? text(fields.get('host'), 'host'), port), tls: tls !== 0 };
}

/**
 * `['g', 'down']`, `['g', 'add']`, `['g', '192-168-1-2', 'white']` (and `'onlywatch'`), `['g', 'region', 'append', 'dow']`.
 */
async function task(parts: readonly PythonValue[], context: LegacyContext): Promise<NodeInput<'task'>> {
  const words = parts.map((part) => text(part, 'a part of the task'));
  const [group = '', second = ''] = words;
  const about = { group, requestedBy: 'unknown', requestedAtMs: context.stat.ctimeMs };
  if (words.includes('add')) return { ...about, kind: 'add' };
  if (words.includes('white'))
    return {
      ...about,
      kind: 'white',
      args: { primary: await serverOfHost(second, context), publishRoute: !words.includes('onlywatch') },
    };
  if (words.includes('append'))
    return {
      ...about,
      kind: 'append',
      // "dow" is how the original system spells it.
      args: { region: second, change: words.at(-1) === 'up' ? 'watch' : 'another-source' },
    };
  if (words.includes('down')) return { ...about, kind: 'down' };
  throw new LegacyValueError(`a task that is none of add, white, down, append: ${words.join(', ')}`);
}
