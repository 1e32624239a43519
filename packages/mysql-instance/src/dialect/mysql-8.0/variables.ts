import type { VariableNames } from '../dialect.js';
import { variables as newer } from '../mysql-8.4/variables.js';

export const variables: VariableNames = newer;
