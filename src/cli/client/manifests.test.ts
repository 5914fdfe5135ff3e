import { describe, expect, it } from 'vitest';
import { parseManifests } from './manifests.ts';

const FILE = `# two of them
kind: RunnerDeployment
metadata:
  name: a
---
---
kind: Runner
metadata: { name: b }
spec:
  labels:
    - one
    - two
`;

describe('files of resources', () => {
  it('holds every document but the empty ones', () => {
    expect(parseManifests(FILE, 'x.yaml').map(({ resource }) => resource.metadata.name)).toEqual(['a', 'b']);
  });

  it.each([
    ['spec.labels', 'x.yaml:10'],
    ['spec.labels[1]', 'x.yaml:12'],
    ['metadata.name', 'x.yaml:8'],
    ['spec.template.spec.repository', 'x.yaml:9'],
    ['', 'x.yaml:7'],
  ])('finds the line of the field %j, or of the nearest one around it', (field, place) => {
    expect(parseManifests(FILE, 'x.yaml')[1]?.placeOf(field)).toBe(place);
  });

  it.each([
    ['a: [', /^x\.yaml:\d+:\d+: /],
    ['a: 1\na: 2', /^x\.yaml:2:1: .*unique/i],
    ['metadata: { name: a }', /^x\.yaml:1: the resource has no kind/],
    ['kind: Runner', /^x\.yaml:1: the Runner has no metadata\.name/],
    ['', /^x\.yaml holds no resources/],
    ['just text', /has no kind/],
  ])('refuses %j and says where', (text, message) => {
    expect(() => parseManifests(text, 'x.yaml')).toThrow(message);
  });

  it('refuses aliases that unfold without end', () => {
    const levels = Array.from({ length: 12 }, (_, n) => `l${n + 1}: &l${n + 1} [${Array(9).fill(`*l${n}`)}]`);
    expect(() => parseManifests(`l0: &l0 [x]\n${levels.join('\n')}`, 'x.yaml')).toThrow(/alias/i);
  });
});
