import { fill } from '../dialect/fill-template.js';
import type { Operation } from '../instance/operation.js';

export interface ChannelOptions {
  /** Missing or empty: the default channel. */
  readonly channel?: string;
}

/**
 * Stops fetching from the source. With semi-sync this revokes: from then on this replica acknowledges nothing more.
 * Nothing received is lost. A stopped receiver is left as it is.
 */
export async function stopReceiver(op: Operation, options: ChannelOptions = {}): Promise<void> {
  await op.session.run([fill(op.dialect, 'stopReceiver', 'stop the receiver', options)]);
}

export async function startReceiver(op: Operation, options: ChannelOptions = {}): Promise<void> {
  await op.session.run([fill(op.dialect, 'startReceiver', 'start the receiver', options)]);
}

export async function stopApplier(op: Operation, options: ChannelOptions = {}): Promise<void> {
  await op.session.run([fill(op.dialect, 'stopApplier', 'stop the applier', options)]);
}

export async function startApplier(op: Operation, options: ChannelOptions = {}): Promise<void> {
  await op.session.run([fill(op.dialect, 'startApplier', 'start the applier', options)]);
}

/**
 * Stops both threads and forgets the source, relay log included: only after everything received has been applied.
 * Nothing happens on a server without channels.
 */
export async function resetReplication(op: Operation, options: ChannelOptions = {}): Promise<void> {
  await op.session.run([
    fill(op.dialect, 'stopBoth', 'stop replication', options),
    fill(op.dialect, 'resetChannel', 'forget the source', options),
  ]);
}
