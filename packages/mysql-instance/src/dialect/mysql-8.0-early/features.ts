import type { DialectFeatures } from '../dialect.js';
import { features as older } from '../mysql-5.7/features.js';

/** GET_MASTER_PUBLIC_KEY came with caching_sha2_password in 8.0, the clone plugin with 8.0.17. */
export const features: DialectFeatures = {
  ...older,
  clone: true,
  changeOptions: { ...older.changeOptions, getSourcePublicKey: 'GET_MASTER_PUBLIC_KEY' },
};
