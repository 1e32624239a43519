import { existsSync } from 'node:fs';
import { MissingToolError } from '../errors/index.js';
import { findOnPath } from './find-on-path.js';
import { setUpHint } from './set-up-hint.js';

const jars = '/usr/share/java';
/** Debian's manifest of zookeeper.jar leaves out what TLS needs and where to log to. */
const beside = ['netty-codec.jar', 'netty-resolver.jar', 'slf4j-simple.jar'];

export interface ZooKeeperInstallation {
  readonly java: string;
  readonly classPath: string;
}

/** Throws `MissingToolError` when Java or ZooKeeper is missing. */
export function locateZooKeeper(): ZooKeeperInstallation {
  const java = findJava();
  if (java === undefined) throw new MissingToolError('Java (java)', setUpHint);
  const explicit = process.env.DCMHA_ZOOKEEPER_CLASSPATH;
  if (explicit) return { java, classPath: explicit };
  if (!existsSync(`${jars}/zookeeper.jar`)) {
    throw new MissingToolError(
      'ZooKeeper',
      `${setUpHint}, or set DCMHA_ZOOKEEPER_CLASSPATH to the class path of ZooKeeper >= 3.6`,
    );
  }
  const present = beside.map((name) => `${jars}/${name}`).filter(existsSync);
  return { java, classPath: [`${jars}/zookeeper.jar`, ...present].join(':') };
}

export function hasZooKeeper(): boolean {
  return Boolean(process.env.DCMHA_ZOOKEEPER_CLASSPATH) || existsSync(`${jars}/zookeeper.jar`);
}

export function findJava(): string | undefined {
  const home = process.env.JAVA_HOME;
  if (home && existsSync(`${home}/bin/java`)) return `${home}/bin/java`;
  return findOnPath('java');
}
