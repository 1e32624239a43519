import { LostTransactions } from '@dcmha/binlog-reconcile';
import type { Store } from '@dcmha/zk-schema';
import type { Context } from '../command/context.js';
import type { OperatorSettings } from '../operator/operator-settings.js';
import { AgentFiles } from './agent-files.js';
import type { RegisteredLost } from './find-lost.js';
import { LocalFiles, localFiles } from './local-files.js';
import type { LostFiles } from './lost-files.js';

/**
 * The files of a registered event: in `dir` where given, else in the folder that the agent named if that is on this host,
 * else from the agent. @throws CliError that says on which host they are
 */
export async function filesOf(
  lost: RegisteredLost,
  tools: {
    readonly dir?: string | undefined;
    readonly store: Store;
    readonly settings: OperatorSettings;
    readonly context: Context;
  },
): Promise<LostFiles> {
  if (tools.dir !== undefined) return localFiles(tools.dir, lost.id);
  const here = await LostTransactions.open(lost.value.directory).catch(() => null);
  if (here !== null && here.manifest.id === lost.id && here.manifest.server === lost.value.server) {
    return new LocalFiles(here);
  }
  return AgentFiles.of(lost, tools);
}
