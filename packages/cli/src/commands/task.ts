import { defineGroup } from '../command/define-command.js';
import { taskCancel } from './task-cancel.js';
import { taskList } from './task-list.js';

export const task = defineGroup({
  command: 'task',
  describe: 'what was asked of the engines and is not done yet',
  commands: [taskList, taskCancel],
});
