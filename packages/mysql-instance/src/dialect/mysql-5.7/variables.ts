import type { VariableNames } from '../dialect.js';
import { variables as newer } from '../mysql-8.0-early/variables.js';

export const variables: VariableNames = newer;
