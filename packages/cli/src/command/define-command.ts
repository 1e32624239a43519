import type { ArgumentsCamelCase, Argv, CommandModule } from 'yargs';
import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';
import type { Context } from './context.js';

export interface GlobalArgs {
  json: boolean;
  debug: boolean;
}

export interface CommandDefinition<Args extends GlobalArgs> {
  /** As yargs reads it: `switchover <group>`. */
  readonly command: string | readonly string[];
  readonly describe: string;
  readonly builder: (yargs: Argv<GlobalArgs>) => Argv<Args>;
  /** Commands below this one: `dcmha router config` beside `dcmha router`. */
  readonly commands?: readonly Command[];
  /** Heavy modules are imported here, not at the top of the file: `dcmha --help` must not wait for them. */
  readonly run: (args: ArgumentsCamelCase<Args>, context: Context) => Promise<ExitCode | void>;
}

/** A command that was chosen on the command line, with its arguments, ready to run. */
export type ChosenCommand = (context: Context) => Promise<ExitCode | void>;

/** Takes what was chosen: yargs only parses, so that its own error handling never sees ours. */
export type Choose = (args: GlobalArgs, run: ChosenCommand) => void;

export type Command = (choose: Choose) => CommandModule<GlobalArgs, GlobalArgs>;

export function defineCommand<Args extends GlobalArgs>(definition: CommandDefinition<Args>): Command {
  return (choose) => ({
    command: definition.command,
    describe: definition.describe,
    builder: (yargs) =>
      (definition.commands ?? []).reduce<Argv<GlobalArgs>>(
        (parser, one) => parser.command(one(choose)),
        definition.builder(yargs) as unknown as Argv<GlobalArgs>,
      ),
    handler: (args) => choose(args, (context) => definition.run(args as ArgumentsCamelCase<Args>, context)),
  });
}

export interface GroupDefinition {
  readonly command: string;
  readonly describe: string;
  readonly commands: readonly Command[];
}

/** A command that has only commands of its own: `dcmha group add`. */
export function defineGroup({ command, describe, commands }: GroupDefinition): Command {
  return (choose) => ({
    command,
    describe,
    builder: (yargs) => commands.reduce((parser, one) => parser.command(one(choose)), yargs),
    // Only when none of its commands was named.
    handler: (args) =>
      choose(args, async () => {
        throw new CliError(`dcmha ${command} needs a command`, {
          remedy: `see dcmha ${command} --help`,
          exitCode: ExitCode.usage,
        });
      }),
  });
}
