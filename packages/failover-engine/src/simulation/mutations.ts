import type { ManagedServerControl } from '../ports.js';

/** Broken variants of the system: the checker must catch each of them. */
export const mutationNames = [
  'no-ownership-check',
  'promote-before-applied',
  'fencing-skipped',
  'agents-never-close',
  'acknowledgements-not-waited-for',
  'received-ignored',
] as const;

export type Mutation = (typeof mutationNames)[number];

/** What is put between an engine and its servers. */
export function mutate(control: ManagedServerControl, mutation: Mutation | null): ManagedServerControl {
  const over = (changes: Partial<ManagedServerControl>): ManagedServerControl =>
    new Proxy(control, {
      get: (target, name, receiver): unknown => {
        const changed: unknown = Reflect.get(changes, name);
        if (changed !== undefined) return changed;
        const value: unknown = Reflect.get(target, name, receiver === undefined ? undefined : target);
        return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
      },
    });
  switch (mutation) {
    case 'promote-before-applied':
      return over({ waitForGtids: async () => true });
    case 'acknowledgements-not-waited-for':
      return over({ prepareAsSource: (_ackers, deadline) => control.prepareAsSource(null, deadline) });
    case 'fencing-skipped':
      // It takes everybody's receiver for stopped, and stops none.
      return over({
        stopReceiver: async () => undefined,
        read: async (deadline) => {
          const state = await control.read(deadline);
          if (state.channel === null) return state;
          const stopped =
            state.channel.receiver === 'running' ? ('stopped' as const) : state.channel.receiver;
          return { ...state, channel: { ...state.channel, receiver: stopped } };
        },
      });
    case 'received-ignored':
      return over({
        read: async (deadline) => {
          const state = await control.read(deadline);
          return state.channel === null
            ? state
            : { ...state, channel: { ...state.channel, receivedGtids: '' } };
        },
      });
    default:
      return control;
  }
}
