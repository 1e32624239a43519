export { SessionKeeper, type SessionKeeperOptions } from './session-keeper.js';
