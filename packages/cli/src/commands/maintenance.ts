import { defineGroup } from '../command/define-command.js';
import { maintenanceOff } from './maintenance-off.js';
import { maintenanceOn } from './maintenance-on.js';

export const maintenance = defineGroup({
  command: 'maintenance',
  describe: 'keep the engine from switching a group while a person works on it',
  commands: [maintenanceOn, maintenanceOff],
});
