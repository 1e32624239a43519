import { defineGroup } from '../command/define-command.js';
import { lostDiff } from './lost-diff.js';
import { lostList } from './lost-list.js';
import { lostReplay } from './lost-replay.js';
import { lostResolve } from './lost-resolve.js';
import { lostShow } from './lost-show.js';

export const lost = defineGroup({
  command: 'lost',
  describe: 'judge transactions that a returning server had and its successor had not',
  commands: [lostList, lostShow, lostDiff, lostReplay, lostResolve],
});
