import type { DialectFeatures } from '../dialect.js';
import { features as newer } from '../mysql-8.4/features.js';

export const features: DialectFeatures = newer;
