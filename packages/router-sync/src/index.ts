export type { AdapterOptions, RouteAdapter, RouteTarget } from './adapter/route-adapter.js';
export { RouteNotAppliedError } from './adapter/route-adapter.js';
export { HaproxyAdapter, type HaproxyAdapterOptions } from './adapter/haproxy/haproxy-adapter.js';
export {
  HaproxyConfigError,
  haproxyConfig,
  readBackendName,
  writeBackendName,
  type HaproxyConfigGroup,
  type HaproxyConfigOptions,
} from './adapter/haproxy/haproxy-config.js';
export { ProxyAnswerError } from './adapter/haproxy/proxy-state.js';
export { RuntimeSocketError, type RuntimeAddress } from './adapter/haproxy/runtime-socket.js';
export { ServerAddressError, type HostLookup } from './adapter/haproxy/server-resolver.js';
export { routerConfigSchema, type RouterConfig, type RouterConfigInput } from './config.js';
export { RouterHttpError } from './http/router-http.js';
export type { GroupState } from './http/router-metrics.js';
export { StateFileError } from './state/applied-file.js';
export { startRouterSync, type RouterSyncHandle, type RouterSyncTools } from './start-router-sync.js';
