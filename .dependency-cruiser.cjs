/**
 * Who may import whom (docs/architecture.md). `npm run check:imports` fails the build on a forbidden import, a
 * circular import, and an import of another package's internals.
 */
const mayImport = {
  'zk-client': [],
  'binlog-reconcile': [],
  'mysql-instance': ['binlog-reconcile'],
  'zk-schema': ['zk-client'],
  'failover-engine': ['zk-client', 'zk-schema', 'mysql-instance', 'binlog-reconcile'],
  agent: ['zk-client', 'zk-schema', 'mysql-instance', 'binlog-reconcile'],
  'router-sync': ['zk-client', 'zk-schema', 'mysql-instance', 'binlog-reconcile'],
  sandbox: [
    'zk-client',
    'zk-schema',
    'mysql-instance',
    'binlog-reconcile',
    'failover-engine',
    'agent',
    'router-sync',
  ],
  cli: [
    'zk-client',
    'zk-schema',
    'mysql-instance',
    'binlog-reconcile',
    'failover-engine',
    'agent',
    'router-sync',
    'sandbox',
  ],
};

const layering = Object.entries(mayImport).map(([name, allowed]) => ({
  name: `${name}-imports-only-${allowed.join('-and-') || 'none-of-the-others'}`,
  severity: 'error',
  from: { path: `^packages/${name}/src/` },
  to: { path: '^packages/', pathNot: `^packages/(${[name, ...allowed].join('|')})/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layering,
    {
      name: 'mysql-instance-uses-only-the-gtid-part-of-binlog-reconcile',
      severity: 'error',
      from: { path: '^packages/mysql-instance/src/' },
      to: { path: '^packages/binlog-reconcile/', pathNot: '^packages/binlog-reconcile/dist/gtid/' },
    },
    {
      name: 'the-core-of-the-engine-touches-no-socket',
      comment:
        'Decision code takes a snapshot and a clock and returns data; of the other packages it imports types and GTID sets.',
      severity: 'error',
      from: { path: '^packages/failover-engine/src/core/', pathNot: '\\.test\\.ts$' },
      to: {
        path: '^packages/(zk-client|zk-schema|mysql-instance)/|^node:(?!assert|crypto)|^(net|fs|http|https|tls|dgram|child_process|timers)$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'no-circular-import',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-internals-of-another-package',
      comment: 'Import another package by its name and what it exports, never by a path into it.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/src/' },
      to: { path: '^packages/([^/]+)/', pathNot: '^packages/$1/', dependencyTypes: ['local'] },
    },
    {
      name: 'no-unresolvable-import',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^packages/[^/]+/dist/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'node', 'default'],
    },
  },
};
