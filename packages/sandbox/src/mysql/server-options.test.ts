import { describe, expect, it } from 'vitest';
import { defaultOptions, mergeOptions, optionArgs } from './server-options.js';

describe('options of a server', () => {
  it('are overridden by later ones, however their words are joined', () => {
    const merged = mergeOptions({ 'sync-binlog': 1, 'server-id': 1 }, { sync_binlog: 0 });
    expect(optionArgs(merged)).toEqual(['--sync-binlog=0', '--server-id=1']);
  });

  it('become flags when they are only true, and keep an empty value', () => {
    expect(optionArgs({ 'skip-name-resolve': true, 'secure-file-priv': '' })).toEqual([
      '--skip-name-resolve',
      '--secure-file-priv=',
    ]);
  });

  it('keep GTIDs and performance_schema on by default', () => {
    expect(defaultOptions.mysql['gtid-mode']).toBe('ON');
    expect(defaultOptions.mysql).not.toHaveProperty('performance-schema');
    expect(defaultOptions.mariadb['performance-schema']).toBe('ON');
  });
});
