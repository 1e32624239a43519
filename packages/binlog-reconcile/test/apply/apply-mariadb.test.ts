import { describe } from 'vitest';
import { describeRoundTrips } from './support/round-trips.js';

describe('rows of MariaDB 10.11 come back', () => {
  describeRoundTrips('mariadb', [
    { name: 'names from the server', set: 'SET GLOBAL log_bin_compress = OFF', texts: true },
    {
      name: 'compressed events, metadata FULL',
      set: "SET GLOBAL log_bin_compress = ON, GLOBAL log_bin_compress_min_len = 10, GLOBAL binlog_row_metadata = 'FULL'",
      texts: false,
    },
  ]);
});
