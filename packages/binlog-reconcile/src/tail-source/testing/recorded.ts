const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

/** Payloads as real servers (primaries and replicas) exchanged them, password `repl-secret`. */
export const recorded = {
  mysql: {
    /** MySQL 9.7.4, `caching_sha2_password`. */
    greeting: bytes(
      '0a392e372e342d32000d00000022502e690c3f201d00ffffff0200ffdf15000000000000000000000328182b214b537923137f1b0063616368696e675f736861325f70617373776f726400',
    ),
    login: bytes(
      '85a2b89967100040ff00000000000000000000000000000000000000000000007265706c0020261da58b7dc96117f69adb78ade9737e52809d1f52dbec6a2fe2f0db85d35c3063616368696e675f736861325f70617373776f726400a7095f706c6174666f726d067838365f3634035f6f73054c696e75780c5f636c69656e745f6e616d65086c69626d7973716c205f636c69656e745f7265706c69636174696f6e5f6368616e6e656c5f6e616d6500045f706964033439390c5f636c69656e745f726f6c651362696e6172795f6c6f675f6c697374656e65720f5f636c69656e745f76657273696f6e05392e372e340c70726f6772616d5f6e616d65066d7973716c64',
    ),
    registration: bytes('15020000000a3132372e302e302e33320000506c0000000000000000'),
    dumpGtid: bytes('1e020002000000000000000400000000000000080000000000000000000000'),
    /** Of `binlog.000001`, with checksum, behind the byte that says that an event follows. */
    rotate: bytes('0000000004010000002c000000000000002000040000000000000062696e6c6f672e303030303031e9d2ca6e'),
  },
  mariadb: {
    /** MariaDB 10.11.19, `mysql_native_password`. */
    greeting: bytes(
      '0a352e352e352d31302e31312e31392d4d6172696144422d302b646562313275312d6c6f6700090000006f2b292830543a6300fef7080200ff81150000000000001d0000006551454875385526596e3e2c006d7973716c5f6e61746976655f70617373776f726400',
    ),
    login: bytes(
      '05a238807b0300400800000000000000000000000000000000000000000000007265706c00144a735f878f2bb89ac3e0ef8af11d4144489c32be6d7973716c5f6e61746976655f70617373776f72640075035f6f731064656269616e2d6c696e75782d676e750c5f636c69656e745f6e616d65086c69626d7973716c045f706964033630300f5f636c69656e745f76657273696f6e0831302e31312e31390c5f7365727665725f686f7374093132372e302e302e31095f706c6174666f726d067838365f3634',
    ),
    dump: bytes('1204000000020002000000'),
    /** `binlog.000002`, position 584, server 1. */
    heartbeat: bytes('000000001b010000002400000048020000000062696e6c6f672e303030303032e547bd92'),
  },
} as const;

/** Questions of receivers, in their words. */
export const questionsOf = {
  'MySQL 5.7': [
    'SELECT UNIX_TIMESTAMP()',
    "SHOW VARIABLES LIKE 'SERVER_ID'",
    'SET @master_heartbeat_period= 30000001024',
    'SET @master_binlog_checksum= @@global.binlog_checksum',
    'SELECT @master_binlog_checksum',
    'SELECT @@GLOBAL.GTID_MODE',
    "SHOW VARIABLES LIKE 'SERVER_UUID'",
    "SET @slave_uuid= '9e3f3f5c-6a3f-11ec-9a03-0242ac120002'",
  ],
  'MySQL 9.7': [
    'SELECT UNIX_TIMESTAMP()',
    'SELECT @@GLOBAL.SERVER_ID',
    'SET @master_heartbeat_period = 300000000, @source_heartbeat_period = 300000000',
    'SET @master_binlog_checksum = @@global.binlog_checksum, @source_binlog_checksum = @@global.binlog_checksum',
    'SELECT @source_binlog_checksum',
    'SELECT @@GLOBAL.GTID_MODE',
    'SELECT @@GLOBAL.SERVER_UUID',
    "SET @slave_uuid = 'c06c5f98-e6e1-11f1-9ba4-02fc00000001', @replica_uuid = 'c06c5f98-e6e1-11f1-9ba4-02fc00000001'",
  ],
  'MariaDB 10.11': [
    'SELECT UNIX_TIMESTAMP()',
    "SHOW VARIABLES LIKE 'SERVER_ID'",
    'SET @master_heartbeat_period= 300000000',
    'SET @master_binlog_checksum= @@global.binlog_checksum',
    'SELECT @master_binlog_checksum',
    'SET @mariadb_slave_capability=4',
    'SELECT @@GLOBAL.gtid_domain_id',
    "SET @slave_connect_state='0-1-2'",
    'SET @slave_gtid_strict_mode=1',
    'SET @slave_gtid_ignore_duplicates=0',
  ],
} as const;
