/** Where the nodes stand below the root; each can be set, as in the original system. */
export const defaultNames = {
  white: 'white',
  lock: 'lock',
  task: 'task',
  metaHost: 'meta/host',
  metaGroup: 'meta/group',
  metaRouter: 'meta/router',
  onlineList: 'online-list',
  onlineClients: 'online-clients',
  master: 'master',
  route: 'haproxy',
  watchDown: 'watch-down',
  slavedown: 'slavedown',
  readbinlogStatus: 'readbinlog-status',
  executeGtid: 'execute-gtid',
  additionReplication: 'addition/replication',
  additionRegion: 'addition/region',
  engineMembers: 'engine/members',
  engineOwner: 'engine/owner',
  engineFence: 'engine/fence',
  journal: 'journal',
  history: 'history',
  routerAck: 'router-ack',
  lost: 'lost',
} as const;

export type NodeName = keyof typeof defaultNames;
export type NodeNames = { readonly [Name in NodeName]: string };

export const defaultRoot = '/mysql';
