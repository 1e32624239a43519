import { defineGroup } from '../command/define-command.js';
import { gtidAlgebra } from './gtid-algebra.js';
import { gtidContains } from './gtid-contains.js';
import { gtidParse } from './gtid-parse.js';

export const gtid = defineGroup({
  command: 'gtid',
  describe: 'work with GTID sets of MySQL and MariaDB; a set may be @FILE, or @- for stdin',
  commands: [
    gtidParse,
    gtidAlgebra('union', 'everything that is in one of the sets'),
    gtidAlgebra('subtract', 'what is in the first set and in none of the others'),
    gtidAlgebra('intersect', 'what is in all of the sets'),
    gtidContains,
  ],
});
