import type { z } from 'zod';
import type { NodeDefinition, ParamKind } from './definition.js';
import { additionRegion } from './nodes/addition-region.js';
import { additionReplication } from './nodes/addition-replication.js';
import { engineFence } from './nodes/engine-fence.js';
import { engineMembers } from './nodes/engine-members.js';
import { engineOwner } from './nodes/engine-owner.js';
import { executeGtid } from './nodes/execute-gtid.js';
import { history } from './nodes/history.js';
import { journal } from './nodes/journal.js';
import { lock } from './nodes/lock.js';
import { lost } from './nodes/lost.js';
import { master } from './nodes/master.js';
import { metaGroup } from './nodes/meta-group.js';
import { metaHost } from './nodes/meta-host.js';
import { metaRouter } from './nodes/meta-router.js';
import { onlineClients } from './nodes/online-clients.js';
import { onlineList } from './nodes/online-list.js';
import { readbinlogStatus } from './nodes/readbinlog-status.js';
import { routeAlert } from './nodes/route-alert.js';
import { route } from './nodes/route.js';
import { routerAck } from './nodes/router-ack.js';
import { slavedown } from './nodes/slavedown.js';
import { task } from './nodes/task.js';
import { watchDown } from './nodes/watch-down.js';
import { white } from './nodes/white.js';

/** Every kind of node of the tree. */
export const model = {
  white,
  lock,
  task,
  metaHost,
  metaGroup,
  metaRouter,
  onlineList,
  onlineClients,
  master,
  route,
  watchDown,
  routeAlert,
  slavedown,
  readbinlogStatus,
  executeGtid,
  additionReplication,
  additionRegion,
  engineMembers,
  engineOwner,
  engineFence,
  journal,
  history,
  routerAck,
  lost,
} as const satisfies Record<string, NodeDefinition<Readonly<Record<string, ParamKind>>, z.ZodType>>;

export type Model = typeof model;
export type NodeKey = keyof Model;
export const nodeKeys = Object.keys(model) as NodeKey[];

/** The variable parts of the path of a node: `NodeParams<'routerAck'>` is `{ group: string; router: string }`. */
export type NodeParams<Key extends NodeKey> = {
  readonly [Param in keyof Model[Key]['params']]: string;
};

/** The value of a node as it is read. */
export type NodeValue<Key extends NodeKey> = z.output<Model[Key]['schema']>;

/** The value of a node as it may be written: what has a default may be left out. */
export type NodeInput<Key extends NodeKey> = z.input<Model[Key]['schema']>;
