import type { Store } from '@dcmha/zk-schema';
import type { ArgumentsCamelCase, Argv } from 'yargs';
import type { Context } from '../command/context.js';
import { defineCommand, type Command, type GlobalArgs } from '../command/define-command.js';
import type { ExitCode } from '../exit-code.js';
import { operatorOptions, type OperatorArgs } from './operator-options.js';
import type { OperatorSettings } from './operator-settings.js';

type Connected = GlobalArgs & OperatorArgs;

export interface OperatorCommandDefinition<Args extends Connected> {
  readonly command: string;
  readonly describe: string;
  readonly builder: (yargs: ReturnType<typeof operatorOptions>) => Argv<Args>;
  /** What is wrong with the arguments is told before anything is connected to. @throws CliError */
  readonly check?: (
    args: ArgumentsCamelCase<Args>,
    settings: OperatorSettings,
    context: Context,
  ) => Promise<void> | void;
  readonly run: (tools: OperatorTools<Args>) => Promise<ExitCode | void>;
}

export interface OperatorTools<Args> {
  readonly args: ArgumentsCamelCase<Args>;
  readonly context: Context;
  readonly settings: OperatorSettings;
  readonly store: Store;
}

/** A command that works on the tree in ZooKeeper. */
export function defineOperatorCommand<Args extends Connected>(
  definition: OperatorCommandDefinition<Args>,
): Command {
  return defineCommand<Args>({
    command: definition.command,
    describe: definition.describe,
    builder: (yargs) => definition.builder(operatorOptions(yargs)),
    run: async (args, context) => {
      const [{ operatorSettings }, { withStore }] = await Promise.all([
        import('./operator-settings.js'),
        import('./with-store.js'),
      ]);
      const settings = await operatorSettings(args, context.env);
      await definition.check?.(args, settings, context);
      return withStore(settings, context, (store) => definition.run({ args, context, settings, store }));
    },
  });
}
