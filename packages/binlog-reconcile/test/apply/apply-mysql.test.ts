import { describe } from 'vitest';
import { describeRoundTrips } from './support/round-trips.js';

describe('rows of MySQL 9.7 come back', () => {
  describeRoundTrips('mysql', [
    { name: 'names from the server', set: "SET GLOBAL binlog_row_metadata = 'MINIMAL'", texts: true },
    { name: 'metadata FULL', set: "SET GLOBAL binlog_row_metadata = 'FULL'", texts: false },
    { name: 'partial JSON', set: "SET binlog_row_value_options = 'PARTIAL_JSON'", texts: true },
    { name: 'compressed transactions', set: 'SET binlog_transaction_compression = ON', texts: false },
    { name: 'tagged GTIDs', set: "SET gtid_next = 'AUTOMATIC:lost'", texts: false },
  ]);
});
