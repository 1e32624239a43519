export interface GroupState {
  readonly group: string;
  /** The route that the proxy had when it was last read back; `null` before the first. */
  readonly epoch: number | null;
  readonly version: number | null;
  /** What is wrong now, `null` when the proxy has the newest route. */
  readonly error: string | null;
}

export interface RouterFacts {
  readonly router: string;
  /** To ZooKeeper. */
  readonly connected: boolean;
  readonly groups: readonly GroupState[];
}

/** Prometheus text (exposition format 0.0.4). Names of groups and routers need no escaping. */
export function routerMetrics({ router, connected, groups }: RouterFacts): string {
  const gauge = (
    name: string,
    help: string,
    values: readonly (readonly [labels: string, value: number])[],
  ): string =>
    [
      `# HELP dcmha_router_${name} ${help}`,
      `# TYPE dcmha_router_${name} gauge`,
      ...values.map(([labels, value]) => `dcmha_router_${name}{${labels}} ${value}`),
    ].join('\n');
  const of = (group: GroupState): string => `router="${router}",group="${group.group}"`;
  const applied = groups.filter((group) => group.version !== null);
  return `${[
    gauge('zookeeper_connected', '1 while ZooKeeper is reached', [[`router="${router}"`, connected ? 1 : 0]]),
    gauge(
      'failing',
      '1 while the proxy does not have the newest route',
      groups.map((group) => [of(group), group.error === null ? 0 : 1]),
    ),
    gauge(
      'route_version',
      'version of the route that the proxy has',
      applied.map((group) => [of(group), group.version!]),
    ),
    gauge(
      'route_epoch',
      'epoch of the route that the proxy has',
      applied.map((group) => [of(group), group.epoch!]),
    ),
  ].join('\n')}\n`;
}
