import type { Context } from '../command/context.js';
import type { LiveStatus } from '../group/group-status.js';
import { defineOperatorCommand } from '../operator/define-operator-command.js';
import { mysqlOptions } from '../operator/operator-options.js';
import type { OperatorSettings } from '../operator/operator-settings.js';

export const status = defineOperatorCommand({
  command: 'status [group]',
  describe: 'show how groups are: servers, roles, lag, route, routers, alerts',
  builder: (yargs) =>
    mysqlOptions(yargs).positional('group', { type: 'string', describe: 'default: all of them' }),
  run: async ({ args, context, settings, store }) => {
    const [{ groupStatus }, { readGroup }, { requireGroup }, { statusText }] = await Promise.all([
      import('../group/group-status.js'),
      import('../group/group-view.js'),
      import('../group/require-group.js'),
      import('../group/status-text.js'),
    ]);
    if (args.group !== undefined) await requireGroup(store, args.group);
    const names =
      args.group === undefined ? (await store.metaGroup.list()).nodes.map((one) => one.group) : [args.group];
    const groups = await Promise.all(
      names.map(async (group) => {
        const view = await readGroup(store, group);
        return groupStatus(view, await readLive(view.meta?.members ?? [], settings, context));
      }),
    );
    context.result({ groups }, () =>
      groups.length === 0
        ? 'no group is registered; dcmha group add GROUP --member host:port ...'
        : groups.map((one) => statusText(one)).join('\n\n'),
    );
  },
});

/** Lag, GTIDs and whether it is writable only the server itself can say; without an account they stay open. */
async function readLive(
  members: readonly string[],
  { mysql, timeoutMs }: OperatorSettings,
  { signal }: Context,
): Promise<LiveStatus> {
  if (mysql.user === undefined || mysql.password === undefined) return new Map();
  const account = { user: mysql.user, password: mysql.password };
  const [{ MysqlInstance, isInstanceError }, { parseAddress }] = await Promise.all([
    import('@dcmha/mysql-instance'),
    import('@dcmha/zk-schema'),
  ]);
  const readings = members.map(
    async (member): Promise<[string, LiveStatus extends ReadonlyMap<string, infer V> ? V : never]> => {
      const instance = new MysqlInstance({
        address: parseAddress(member),
        ...account,
        connectTimeoutMs: timeoutMs,
      });
      try {
        return [member, { ok: true, status: await instance.status({ timeoutMs, signal }) }];
      } catch (error) {
        if (!isInstanceError(error)) throw error;
        return [member, { ok: false, problem: error.problem }];
      } finally {
        instance.close();
      }
    },
  );
  return new Map(await Promise.all(readings));
}
