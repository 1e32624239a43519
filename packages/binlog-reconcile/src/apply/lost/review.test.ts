import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appendLostReview, lostReviewFile, readLostReview, type LostReviewEntry } from './review.js';

describe('the review of lost transactions', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'review-'))));
  afterEach(() => rm(folder, { recursive: true }));
  const entry = (note: string): LostReviewEntry => ({ atMs: 1, by: 'anna@ops1', action: 'resolved', note });

  it('is empty at first, and grows', async () => {
    expect(await readLostReview(folder)).toEqual([]);
    await appendLostReview(folder, entry('one'));
    await appendLostReview(folder, entry('two\nlines'));
    expect(await readLostReview(folder)).toEqual([entry('one'), entry('two\nlines')]);
  });

  it('loses nothing but the line that was cut off', async () => {
    await appendLostReview(folder, entry('one'));
    await appendFile(join(folder, lostReviewFile), '{"atMs":2,"by":"an');
    await appendLostReview(folder, entry('three'));
    expect(await readLostReview(folder)).toEqual([entry('one'), entry('three')]);
  });

  it('refuses an entry that nobody could read', async () => {
    await expect(appendLostReview(folder, entry('x'.repeat(2_000_000)))).rejects.toThrow('at most');
    expect(await readLostReview(folder)).toEqual([]);
  });
});
