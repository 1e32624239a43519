import { spawn, type ChildProcess } from 'node:child_process';
import type { ProcessIdentity } from './process-identity.js';

/**
 * Reads `add PID STARTTIME`, `drop PID STARTTIME`, `remove FOLDER`, `release`. When the pipe from its parent closes, for
 * whatever reason the parent ended, it kills what it was told of, provided that the start time is still the same, and
 * removes the folder. It reads only /proc and needs only a POSIX shell, about 1 MB.
 */
const script = `
trap '' INT TERM HUP QUIT
targets=''
folder=''
started() {
  line=''
  { IFS= read -r line < "/proc/$1/stat"; } 2>/dev/null || return 1
  set -- \${line##*) }
  shift 19
  found=$1
}
while read -r verb first second; do
  case $verb in
  add) targets="$targets $first:$second" ;;
  drop)
    kept=''
    for target in $targets; do [ "$target" = "$first:$second" ] || kept="$kept $target"; done
    targets=$kept
    ;;
  remove) folder=$first\${second:+ $second} ;;
  release) exit 0 ;;
  esac
done
for target in $targets; do
  started "\${target%%:*}" && [ "$found" = "\${target##*:}" ] && kill -9 "\${target%%:*}" 2>/dev/null
done
[ -n "$folder" ] || exit 0
tries=0
while [ -e "$folder" ] && [ $tries -lt 50 ]; do
  rm -rf "$folder" 2>/dev/null
  tries=$((tries + 1))
  [ -e "$folder" ] && sleep 0.1
done
`;

/** Ends the processes of a sandbox when this process ends, even by SIGKILL. */
export class Watchdog {
  readonly #child: ChildProcess;

  /** @param folder removed after the processes ended; `undefined` keeps everything. */
  constructor(folder: string | undefined) {
    this.#child = spawn('/bin/sh', ['-c', script, 'dcmha-sandbox-watchdog'], {
      stdio: ['pipe', 'ignore', 'ignore'],
      // Its own session: a Ctrl-C in the terminal goes to the parent, and only its end matters here.
      detached: true,
      cwd: '/',
    });
    this.#child.on('error', () => {});
    this.#child.stdin!.on('error', () => {});
    // Neither the process nor the pipe may keep the parent running.
    this.#child.unref();
    (this.#child.stdin as unknown as { unref(): void }).unref();
    if (folder !== undefined) this.#say(`remove ${folder}`);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  watch(target: ProcessIdentity): void {
    this.#say(`add ${target.pid} ${target.startTime}`);
  }

  forget(target: ProcessIdentity): void {
    this.#say(`drop ${target.pid} ${target.startTime}`);
  }

  /** Lets everything live on and ends the watchdog. */
  async release(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.ref();
    this.#say('release');
    this.#child.stdin!.end();
    await ended;
  }

  #say(line: string): void {
    this.#child.stdin!.write(`${line}\n`);
  }
}
