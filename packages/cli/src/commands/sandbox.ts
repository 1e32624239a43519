import { defineGroup } from '../command/define-command.js';
import { sandboxDownCommand } from './sandbox-down.js';
import { sandboxInstall } from './sandbox-install.js';
import { sandboxKillCommand } from './sandbox-kill.js';
import { sandboxStartCommand } from './sandbox-start.js';
import { sandboxStatusCommand } from './sandbox-status.js';
import { sandboxUpCommand } from './sandbox-up.js';

export const sandbox = defineGroup({
  command: 'sandbox',
  describe: 'real servers on loopback to play with',
  commands: [
    sandboxInstall,
    sandboxUpCommand,
    sandboxStatusCommand,
    sandboxKillCommand,
    sandboxStartCommand,
    sandboxDownCommand,
  ],
});
