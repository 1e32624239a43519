import { latin1Text } from '../charset/slice.js';
import { shortestFloat32 } from '../values/floating.js';
import { scratch, scratchView } from './text/scratch.js';
import { viewOf } from './view-of.js';

/** Functions and memory that generated code may use by name. */
export const inlineHelpers = { latin1Text, scratch, scratchView, shortestFloat32, viewOf };

export type InlineHelpers = typeof inlineHelpers;
