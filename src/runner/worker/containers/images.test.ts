import { describe, expect, it } from 'vitest';
import { registryOf } from './images.ts';

describe('registryOf', () => {
  it.each([
    ['postgres', undefined],
    ['library/postgres:15', undefined],
    ['ghcr.io/me/app:1', 'ghcr.io'],
    ['localhost/app', 'localhost'],
    ['registry:5000/app', 'registry:5000'],
    ['10.0.0.1:5000/a/b@sha256:0', '10.0.0.1:5000'],
  ])('tells the registry of %s', (image, registry) => {
    expect(registryOf(image)).toBe(registry);
  });
});
