import { table } from '../output/table.js';
import { duration, moment } from '../output/time.js';
import { shortGtids, type GroupStatus, type RouterStatus } from './group-status.js';

/** A group as a person reads it. */
export function statusText(status: GroupStatus): string {
  const { route, maintenance, operation } = status;
  const lines = [
    `group ${status.group}: primary ${status.primary ?? 'none'}, epoch ${status.epoch ?? '-'}, engine ${status.owner ?? 'none'}`,
  ];
  if (maintenance !== null) {
    const until = maintenance.untilMs === null ? '' : ` until ${moment(maintenance.untilMs)}`;
    lines.push(`maintenance by ${maintenance.by}${until}: ${maintenance.reason}`);
  }
  if (operation !== null) lines.push(`${operation.operation} under way: ${operation.step}`);
  lines.push(
    route === null
      ? 'route: none'
      : `route: write ${route.write ?? 'nowhere'}, read ${route.read.join(' ') || 'nowhere'} (version ${route.version}, ${route.reason})`,
  );
  if (status.routers.length > 0) lines.push(`routers: ${status.routers.map(routerText).join(', ')}`);
  lines.push(
    '',
    table(
      [
        { title: 'SERVER', value: (row) => row.server },
        { title: 'ROLE', value: (row) => row.role },
        { title: 'STATE', value: (row) => row.state },
        { title: 'WRITES', value: (row) => (row.writable === null ? '-' : row.writable ? 'open' : 'closed') },
        { title: 'READS', value: (row) => (row.reads ? 'yes' : 'no') },
        { title: 'LAG', value: (row) => (row.lagMs === null ? '-' : duration(row.lagMs)), align: 'right' },
        { title: 'GTID', value: (row) => (row.gtidExecuted === null ? '-' : shortGtids(row.gtidExecuted)) },
        { title: 'AGENT', value: (row) => row.agent ?? '-' },
        { title: 'REGION', value: (row) => row.region },
        { title: 'PROMOTION', value: (row) => row.promotion },
      ],
      status.servers,
    ),
  );
  if (status.alerts.length > 0) lines.push('', ...status.alerts.map((alert) => `! ${alert}`));
  return lines.join('\n');
}

function routerText({ router, live, current, version, error }: RouterStatus): string {
  if (!live) return `${router} missing`;
  if (error !== null) return `${router} failing`;
  return current ? `${router} ok` : `${router} at version ${version}`;
}
