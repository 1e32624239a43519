import type { Command } from '../command/define-command.js';
import { agent } from './agent.js';
import { engine } from './engine.js';
import { group } from './group.js';
import { history } from './history.js';
import { maintenance } from './maintenance.js';
import { router } from './router.js';
import { status } from './status.js';

/** Every command of `dcmha`, in the order of its help. */
export const commands: readonly Command[] = [status, maintenance, history, group, agent, engine, router];
