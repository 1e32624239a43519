export { defaultSandboxName, sandboxUp, type SandboxUpOptions } from './sandbox-up.js';
export { sandboxNames, sandboxStatus, type EntryStatus, type SandboxStatus } from './sandbox-status.js';
export { sandboxKill } from './sandbox-kill.js';
export { sandboxStart } from './sandbox-start.js';
export { sandboxDown } from './sandbox-down.js';
export type { EntryKind } from './state.js';
