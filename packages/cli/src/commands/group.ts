import { defineGroup } from '../command/define-command.js';
import { groupAdd } from './group-add.js';
import { groupList } from './group-list.js';
import { groupRemove } from './group-remove.js';
import { groupSet } from './group-set.js';
import { groupShow } from './group-show.js';

export const group = defineGroup({
  command: 'group',
  describe: 'register groups and look at what is registered',
  commands: [groupAdd, groupSet, groupRemove, groupList, groupShow],
});
