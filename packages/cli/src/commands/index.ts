import type { Command } from '../command/define-command.js';
import { agent } from './agent.js';
import { binlog } from './binlog.js';
import { checkConfig } from './check-config.js';
import { demo } from './demo.js';
import { engine } from './engine.js';
import { explain } from './explain.js';
import { failover } from './failover.js';
import { group } from './group.js';
import { gtid } from './gtid.js';
import { history } from './history.js';
import { lost } from './lost.js';
import { maintenance } from './maintenance.js';
import { router } from './router.js';
import { sandbox } from './sandbox.js';
import { simulate } from './simulate.js';
import { status } from './status.js';
import { switchover } from './switchover.js';
import { task } from './task.js';
import { tree } from './tree.js';

/** Every command of `dcmha`, in the order of its help. */
export const commands: readonly Command[] = [
  status,
  explain,
  history,
  switchover,
  failover,
  task,
  maintenance,
  lost,
  group,
  agent,
  engine,
  router,
  checkConfig,
  tree,
  gtid,
  binlog,
  sandbox,
  simulate,
  demo,
];
