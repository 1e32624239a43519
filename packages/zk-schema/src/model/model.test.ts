import { describe, expect, it } from 'vitest';
import { defaultNames, model, nodeKeys } from './index.js';

describe('model of the tree', () => {
  it.each(nodeKeys)('%s: its example fits its schema', (key) => {
    const definition = model[key];
    expect(definition.schema.safeParse(definition.example).error).toBeUndefined();
  });

  it('every configurable name has a node', () => {
    const used = new Set(nodeKeys.map((key) => model[key].name));
    expect([...used].sort()).toEqual(Object.keys(defaultNames).sort());
  });

  it('a wrong value is refused', () => {
    const good = model.route.example;
    expect(model.route.schema.safeParse({ ...good, write: 'db1' }).success).toBe(false);
    expect(model.route.schema.safeParse({ ...good, read: ['db1:1', 'db1:1'] }).success).toBe(false);
    expect(model.route.schema.safeParse({ ...good, epoch: -1 }).success).toBe(false);
    expect(model.route.schema.safeParse({ ...good, epoch: 1.5 }).success).toBe(false);
    expect(model.route.schema.safeParse({ ...good, write: null }).success).toBe(true);
    expect(model.metaHost.schema.safeParse({ group: 'a_send' }).success).toBe(false);
    expect(
      model.onlineClients.schema.safeParse({ ...model.onlineClients.example, endpoint: 'db1' }).success,
    ).toBe(false);
  });

  it('what has a default may be left out', () => {
    expect(model.metaHost.schema.parse({ group: 'orders' })).toEqual({
      group: 'orders',
      region: 'default',
      promotion: 'neutral',
    });
  });
});
