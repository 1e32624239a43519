export type { DescribeOptions } from './describe-model.js';
export { describeModel } from './describe-model.js';
export type { FieldDescription, NodeDescription } from './node-description.js';
export { describeNodes } from './node-description.js';
