import { describe, expect, it } from 'vitest';
import { exposureOf } from '../../src/pipeline/exposure.ts';

describe('exposureOf', () => {
  it.each([
    'http://localhost:8080',
    'http://127.0.0.1',
    'https://127.9.9.9:1/x',
    'http://127.1:80',
    'http://[::1]:80',
    'http://user:pw@localhost',
  ])('%s is this machine', (url) => expect(exposureOf(url)).toBe('loopback'));

  it.each([
    'https://ntfy.sh',
    'http://localhost.example.com',
    'http://127.0.0.1.example.com',
    'http://127.0.0.1@example.com',
    'http://0.0.0.0',
    'http://192.168.1.2',
    'http://[::ffff:127.0.0.1]',
    'no url',
    '',
  ])('%j is not', (url) => expect(exposureOf(url)).toBe('public'));
});
