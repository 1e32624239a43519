import type { NodeValue, Store } from '@dcmha/zk-schema';

/** What ZooKeeper says of one group, read node by node: not one moment, but good enough to look at. */
export interface GroupView {
  readonly group: string;
  readonly meta: NodeValue<'metaGroup'> | null;
  readonly master: NodeValue<'master'> | null;
  readonly route: NodeValue<'route'> | null;
  readonly maintenance: NodeValue<'white'> | null;
  readonly journal: NodeValue<'journal'> | null;
  readonly owner: NodeValue<'engineOwner'> | null;
  readonly heartbeatAlert: NodeValue<'watchDown'> | null;
  readonly routeAlert: NodeValue<'routeAlert'> | null;
  /** Routers that are expected to serve it. */
  readonly expectedRouters: readonly string[];
  /** Live routers and what they have applied. */
  readonly acks: ReadonlyMap<string, NodeValue<'routerAck'>>;
  readonly servers: readonly ServerView[];
  /** Nodes that hold something else than they should, with the reason. */
  readonly unreadable: readonly string[];
}

export interface ServerView {
  readonly server: string;
  readonly host: NodeValue<'metaHost'> | null;
  /** Its agent says that it is up. */
  readonly online: boolean;
  readonly down: NodeValue<'slavedown'> | null;
  /** What its agent sees; `null` when no agent looks after it. */
  readonly agent: { readonly id: string; readonly mysqld: string; readonly detail?: string } | null;
}

export async function readGroup(store: Store, group: string): Promise<GroupView> {
  const unreadable: string[] = [];
  const read = async <Value>(reading: Promise<{ readonly value: Value } | null>): Promise<Value | null> => {
    try {
      return (await reading)?.value ?? null;
    } catch (error) {
      if (!(error instanceof Error && error.name === 'NodeValueError')) throw error;
      unreadable.push(error.message);
      return null;
    }
  };
  const meta = await read(store.metaGroup.read({ group }));
  const [master, route, maintenance, journal, owner, heartbeatAlert, routeAlert, routers, acks, agents] =
    await Promise.all([
      read(store.master.read({ group })),
      read(store.route.read({ group })),
      read(store.white.read({ group })),
      read(store.journal.read({ group })),
      read(store.engineOwner.read({ group })),
      read(store.watchDown.read({ group })),
      read(store.routeAlert.read({ group })),
      read(store.metaRouter.read({ group })),
      store.routerAck.list({ group }),
      readAgents(store, read),
    ]);
  const ackValues = await Promise.all(
    acks.nodes.map(async (params) => [params.router, await read(store.routerAck.read(params))] as const),
  );
  const servers = await Promise.all(
    (meta?.members ?? []).map(async (server): Promise<ServerView> => {
      const [host, online, down] = await Promise.all([
        read(store.metaHost.read({ server })),
        read(store.onlineList.read({ server })),
        read(store.slavedown.read({ server })),
      ]);
      return { server, host, online: online !== null, down, agent: agents.get(server) ?? null };
    }),
  );
  return {
    group,
    meta,
    master,
    route,
    maintenance,
    journal,
    owner,
    heartbeatAlert,
    routeAlert,
    expectedRouters: routers?.routers ?? [],
    acks: new Map(
      ackValues.flatMap(([router, ack]): [string, NodeValue<'routerAck'>][] =>
        ack === null ? [] : [[router, ack]],
      ),
    ),
    servers,
    unreadable,
  };
}

async function readAgents(
  store: Store,
  read: <Value>(reading: Promise<{ readonly value: Value } | null>) => Promise<Value | null>,
): Promise<Map<string, NonNullable<ServerView['agent']>>> {
  const { nodes } = await store.onlineClients.list();
  const clients = await Promise.all(nodes.map((params) => read(store.onlineClients.read(params))));
  return new Map(
    clients.flatMap((client): [string, NonNullable<ServerView['agent']>][] =>
      (client?.servers ?? []).map((server) => {
        const { state = 'unknown', detail } = client!.mysqld[server] ?? {};
        return [server, { id: client!.agentId, mysqld: state, ...(detail === undefined ? {} : { detail }) }];
      }),
    ),
  );
}
