import type { DialectFeatures } from '../dialect.js';
import { features as older } from '../mysql-5.7/features.js';

/** GET_MASTER_PUBLIC_KEY came with caching_sha2_password in 8.0. */
export const features: DialectFeatures = {
  ...older,
  changeOptions: { ...older.changeOptions, getSourcePublicKey: 'GET_MASTER_PUBLIC_KEY' },
};
