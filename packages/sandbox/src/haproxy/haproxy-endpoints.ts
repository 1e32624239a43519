export interface HaproxyEndpoints {
  /** Unix sockets of `stats socket` lines. */
  readonly runtimeSockets: readonly string[];
  /** TCP addresses of `bind` lines. */
  readonly binds: readonly { readonly host: string; readonly port: number }[];
}

/** What a configuration of HAProxy makes it listen on, as far as its readiness can be seen there. */
export function haproxyEndpoints(config: string): HaproxyEndpoints {
  const runtimeSockets: string[] = [];
  const binds: { host: string; port: number }[] = [];
  for (const line of config.split('\n')) {
    const words = line.replace(/#.*/, '').trim().split(/\s+/);
    if (words[0] === 'stats' && words[1] === 'socket' && words[2]) {
      const path = words[2].replace(/^unix@/, '');
      if (path.startsWith('/')) runtimeSockets.push(path);
    }
    if (words[0] === 'bind' && words[1]) {
      for (const address of words[1].split(',')) {
        const match = /^(?:ipv4@)?(\*|[\d.]*):(\d+)$/.exec(address);
        if (match)
          binds.push({
            host: match[1] === '' || match[1] === '*' ? '127.0.0.1' : match[1]!,
            port: Number(match[2]),
          });
      }
    }
  }
  return { runtimeSockets, binds };
}
