export { LiveValue, type LiveValueOptions } from './live-value.js';
export { SessionKeeper, type SessionKeeperOptions } from './session-keeper.js';
