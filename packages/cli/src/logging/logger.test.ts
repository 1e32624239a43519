import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { makeLogger, type LogFormat } from './logger.js';
import { Redactor } from './redactor.js';

async function logged(format: LogFormat, write: (logger: ReturnType<typeof makeLogger>) => void) {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const logger = makeLogger({
    level: 'info',
    format,
    secrets: ['hush-hush'],
    stream,
    facts: { daemon: 'agent' },
  });
  write(logger);
  await logger.close();
  return text.trimEnd().split('\n');
}

describe('the logger', () => {
  it('writes one JSON object a line, with the facts', async () => {
    const lines = await logged('json', (logger) => {
      logger.info('route applied', { group: 'orders', epoch: 7, created: 5n });
      logger.debug('not at this level');
    });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toEqual({
      time: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      level: 'info',
      message: 'route applied',
      daemon: 'agent',
      group: 'orders',
      epoch: 7,
      created: '5',
    });
  });

  it('writes for people', async () => {
    const [line] = await logged('pretty', (logger) => logger.warn('lag', { ms: 12, why: 'two words' }));
    expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} WARN {2}lag daemon=agent ms=12 why="two words"$/);
  });

  it('never writes a secret', async () => {
    const lines = await logged('json', (logger) => {
      logger.error('login with hush-hush failed', {
        password: 'anything',
        error: new Error('no hush-hush'),
        nested: { url: 'http://user:hush-hush@host', auth: 'a:b', list: ['hush-hush'] },
      });
    });
    expect(lines.join()).not.toMatch(/hush-hush|anything|a:b/);
  });

  it('keeps facts named like its own keys', async () => {
    const [line] = await logged('json', (logger) => logger.info('x', { message: 'inner', level: 'high' }));
    expect(JSON.parse(line!)).toMatchObject({
      level: 'info',
      message: 'x',
      detail: 'inner',
      metaLevel: 'high',
    });
  });
});

describe('Redactor', () => {
  it('hides a short secret only where it is the whole text', () => {
    const redactor = new Redactor(['ab']);
    expect(redactor.text('ab')).toBe('[secret]');
    expect(redactor.text('about')).toBe('about');
  });

  it('survives data that goes round in circles', () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    expect(JSON.stringify(new Redactor().value(circle))).toContain('[deep]');
  });
});
