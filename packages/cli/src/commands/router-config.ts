import { defineCommand } from '../command/define-command.js';
import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';

export const routerConfig = defineCommand({
  command: 'config',
  describe: 'print a haproxy.cfg that router-sync can drive',
  builder: (yargs) =>
    yargs
      .option('group', {
        type: 'string',
        array: true,
        demandOption: true,
        requiresArg: true,
        describe: 'GROUP=WRITE-BIND,READ-BIND, such as orders=*:3306,*:3307; may be given again',
      })
      .option('socket', {
        type: 'string',
        default: '/run/haproxy/dcmha.sock',
        requiresArg: true,
        describe: "HAProxy's runtime socket",
      })
      .option('read-slots', {
        type: 'number',
        default: 8,
        requiresArg: true,
        describe: 'read servers a group can have',
      })
      .option('hold', {
        type: 'number',
        default: 0,
        requiresArg: true,
        describe: 'milliseconds that a new client waits when there is no primary; 0: it is closed at once',
      })
      .option('max-connections', {
        type: 'number',
        requiresArg: true,
        describe: 'default: what the system allows',
      })
      .option('log', {
        type: 'string',
        requiresArg: true,
        describe: "HAProxy's log target, such as /dev/log daemon",
      }),
  run: async (args, context) => {
    const { HaproxyConfigError, haproxyConfig } = await import('@dcmha/router-sync');
    const groups = args.group.map((text) => parseGroup(text, args.readSlots));
    try {
      const config = haproxyConfig({
        groups,
        socketPath: args.socket,
        holdMs: args.hold,
        maxConnections: args.maxConnections,
        log: args.log,
      });
      context.result({ config }, () => config.trimEnd());
    } catch (error) {
      if (!(error instanceof HaproxyConfigError)) throw error;
      throw new CliError(error.message, { exitCode: ExitCode.usage, cause: error });
    }
  },
});

function parseGroup(text: string, readSlots: number) {
  const match = /^([^=]+)=([^,]+),([^,]+)$/.exec(text);
  if (!match) {
    throw new CliError(`--group ${text} cannot be read`, {
      expected: 'expected GROUP=WRITE-BIND,READ-BIND',
      remedy: 'for example --group orders=*:3306,*:3307',
      exitCode: ExitCode.usage,
    });
  }
  return { group: match[1]!, writeBind: match[2]!, readBind: match[3]!, readSlots };
}
