import { defineGroup } from '../command/define-command.js';
import { binlogCat } from './binlog-cat.js';
import { binlogInfo } from './binlog-info.js';
import { binlogRedo } from './binlog-redo.js';
import { binlogUndo } from './binlog-undo.js';

export const binlog = defineGroup({
  command: 'binlog',
  describe: 'read binary logs: what is in them, SQL that does it again, SQL that takes it back',
  commands: [binlogInfo, binlogCat, binlogRedo, binlogUndo],
});
