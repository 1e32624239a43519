import { describe, expect, it } from 'vitest';
import { mirrorFrom } from './debian-mirror.js';

describe('the mirror to download from', () => {
  it('is the one the machine uses for Debian itself, not for security updates or other vendors', () => {
    const targets = 'Debian-Security|http://m/debian-security/\nvendor|http://v/\nDebian|http://m/debian/\n';
    expect(mirrorFrom(targets)).toBe('http://m/debian/');
  });

  it('is told by its address while apt has no lists yet', () => {
    expect(mirrorFrom('|http://m/debian-security/\n|http://m/debian/\n')).toBe('http://m/debian/');
  });

  it('is unknown on a machine that uses none', () => {
    expect(mirrorFrom('Ubuntu|http://u/ubuntu/\n')).toBeUndefined();
    expect(mirrorFrom('')).toBeUndefined();
  });
});
