import { defineCommand } from '../command/define-command.js';

/** Written here once more, so that `--help` need not load the sandbox. */
const servers = ['mysql', 'mariadb', 'zookeeper', 'haproxy'] as const;

export const sandboxInstall = defineCommand({
  command: 'install [server..]',
  describe: 'put the servers on this machine, or say what to run as root',
  builder: (yargs) =>
    yargs.positional('server', {
      choices: servers,
      array: true,
      describe: 'default: mysql zookeeper haproxy',
    }),
  run: async (args, context) => {
    const { installServers } = await import('@dcmha/sandbox');
    const wanted =
      args.server !== undefined && args.server.length > 0
        ? args.server
        : (['mysql', 'zookeeper', 'haproxy'] as const);
    await installServers({ servers: wanted, progress: (line) => context.progress(`  ${line}`) });
    context.result({ ok: true, servers: wanted }, () => `${wanted.join(', ')}: ready`);
  },
});
