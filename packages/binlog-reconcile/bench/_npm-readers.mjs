/**
 * The binlog readers of npm that the benchmark compares with, and how each is made to decode a file. They read from
 * servers only; here their own decoders (the classes of their TABLE_MAP and row events, with every column of every row)
 * get the events of a file, without network, and without checksums, which they do not verify.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

/** Versions are fixed, so that figures can be compared. */
export const NPM_READERS = {
  vlasky: { package: '@vlasky/zongji', version: '0.9.0' },
  powersync: { package: '@powersync/mysql-zongji', version: '0.6.2' },
};

/** Installs them to a folder outside of the repository, once. Resolves to the folder, or to undefined when npm cannot. */
export async function installNpmReaders(folder) {
  const names = Object.values(NPM_READERS);
  if (names.every(({ package: name }) => existsSync(join(folder, 'node_modules', name, 'package.json'))))
    return folder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
  const specs = names.map(({ package: name, version }) => `${name}@${version}`);
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', ...specs];
  try {
    await promisify(execFile)('npm', args, { cwd: folder, timeout: 180_000 });
    return folder;
  } catch (error) {
    process.stderr.write(`the readers of npm cannot be installed and are left out: ${error.message}\n`);
    return undefined;
  }
}

/**
 * Resolves to `decode(type, header, event) => rows`: takes an event's bytes, checksum included, and gives what the
 * reader makes of it (`undefined` for what holds no rows).
 */
export async function npmReader(name, folder) {
  const root = join(folder, 'node_modules', NPM_READERS[name].package);
  return name === 'vlasky' ? vlasky(root) : powersync(root);
}

/** What both want of the object that is their connection. */
function standIn() {
  return {
    tableMap: {},
    useChecksum: true,
    _skipSchema: () => false,
    connection: { config: { dateStrings: false, timezone: 'Z', supportBigNumbers: true } },
    emit(event, error) {
      if (event === 'error') throw error;
    },
  };
}

async function vlasky(root) {
  const { getEventClass } = await import(pathToFileURL(join(root, 'lib/code_map.js')).href);
  const { Parser } = await import(pathToFileURL(join(root, 'lib/reader.js')).href);
  const zongji = standIn();
  return (options, bytes) => {
    const parser = new Parser();
    parser.append(bytes);
    parser._offset = 19;
    const event = new (getEventClass(options.eventType))(parser, options, zongji);
    if (options.eventType === 19) {
      zongji.tableMap[event.tableId] = {
        columnSchemas: event.buildColumnSchemas(),
        parentSchema: event.schemaName,
        tableName: event.tableName,
      };
      event.updateColumnInfo();
    }
    return event.rows;
  };
}

async function powersync(root) {
  const require = createRequire(join(root, 'index.js'));
  const { getEventClass } = require('./lib/code_map.js');
  const Parser = require('@vlasky/mysql/lib/protocol/Parser');
  const { parseTableMap } = await import('../dist/rows/index.js');
  const zongji = standIn();
  return (options, bytes, rawEvent) => {
    const parser = new Parser();
    parser._buffer = bytes;
    parser._offset = 19;
    parser._packetEnd = bytes.length;
    const event = new (getEventClass(options.eventType))(parser, options, zongji);
    if (options.eventType === 19) {
      const known = zongji.tableMap[event.tableId];
      if (known?.tableName !== event.tableName || known.columns.length !== event.columnCount) {
        // It would ask the server's information_schema, once for each table.
        zongji.tableMap[event.tableId] = {
          columnSchemas: parseTableMap(rawEvent).columns.map(informationSchema),
          parentSchema: event.schemaName,
          tableName: event.tableName,
        };
        event.updateColumnInfo();
      }
    }
    return event.rows;
  };
}

function informationSchema(column) {
  const members = column.values?.map((value) => `'${value.replaceAll("'", "''")}'`).join(',');
  const types = {
    enum: `enum(${members})`,
    set: `set(${members})`,
    integer: column.unsigned ? 'int unsigned' : 'int',
    text: column.type === 252 ? 'text' : 'varchar(100)',
    binary: column.type === 252 ? 'blob' : 'varbinary(100)',
  };
  return {
    COLUMN_NAME: column.name,
    CHARACTER_SET_NAME: column.kind === 'text' ? column.charset : null,
    COLUMN_TYPE: types[column.kind] ?? column.kind,
  };
}
