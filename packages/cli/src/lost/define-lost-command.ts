import type { Store } from '@dcmha/zk-schema';
import type { ArgumentsCamelCase, Argv } from 'yargs';
import type { Context } from '../command/context.js';
import { defineCommand, type Command, type GlobalArgs } from '../command/define-command.js';
import type { ExitCode } from '../exit-code.js';
import type { OperatorArgs } from '../operator/operator-options.js';
import type { OperatorSettings } from '../operator/operator-settings.js';
import type { RegisteredLost } from './find-lost.js';
import type { LostFiles } from './lost-files.js';

export interface LostArgs extends GlobalArgs, OperatorArgs {
  readonly id: string;
  readonly group?: string | undefined;
  readonly dir?: string | undefined;
}

export interface LostTools<Args> {
  readonly args: ArgumentsCamelCase<Args>;
  readonly context: Context;
  readonly settings: OperatorSettings;
  readonly store: Store;
  readonly registered: RegisteredLost;
  readonly files: LostFiles;
}

/** A command about one event: finds it in ZooKeeper, and its files wherever they are. */
export function defineLostCommand<Args extends LostArgs>(definition: {
  readonly command: string;
  readonly describe: string;
  readonly builder: (yargs: Argv<GlobalArgs>) => Argv<Args>;
  readonly check?: (args: ArgumentsCamelCase<Args>) => void;
  readonly run: (tools: LostTools<Args>) => Promise<ExitCode | void>;
}): Command {
  return defineCommand<Args>({
    command: definition.command,
    describe: definition.describe,
    builder: definition.builder,
    run: async (args, context) => {
      definition.check?.(args);
      const [{ operatorSettings }, { withStore }, { findRegistered }, { filesOf }] = await Promise.all([
        import('../operator/operator-settings.js'),
        import('../operator/with-store.js'),
        import('./find-lost.js'),
        import('./files-of.js'),
      ]);
      const settings = await operatorSettings(args, context.env);
      return withStore(settings, context, async (store) => {
        const registered = await findRegistered(store, args.id, args.group);
        const files = await filesOf(registered, { dir: args.dir, store, settings, context });
        try {
          return await definition.run({ args, context, settings, store, registered, files });
        } finally {
          await files.close();
        }
      });
    },
  });
}
