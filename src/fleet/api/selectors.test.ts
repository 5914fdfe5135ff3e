import { describe, expect, it } from 'vitest';
import type { StoredObject } from '../resources/object.ts';
import { EVENT_FIELDS, selectorFilter } from './selectors.ts';

const object = (labels?: Record<string, string>, more: object = {}): StoredObject => ({
  apiVersion: 'v1',
  kind: 'Any',
  metadata: {
    ...{ name: 'one', namespace: 'ci', uid: '1', resourceVersion: '1', generation: 1, creationTimestamp: '' },
    ...(labels ? { labels } : {}),
  },
  ...more,
});
const byLabels = (labelSelector: string, labels?: Record<string, string>): boolean =>
  selectorFilter({ labelSelector }, [])(object(labels));
const byFields = (fieldSelector: string, more: object = {}): boolean =>
  selectorFilter({ fieldSelector }, ['status.phase', ...EVENT_FIELDS])(object(undefined, more));

describe('labelSelector', () => {
  const red = { team: 'red', 'app.kubernetes.io/name': 'web', size: '5' };

  it.each([
    ['team=red', true],
    ['team==red', true],
    ['team = red', true],
    ['team=blue', false],
    ['team!=blue', true],
    ['team!=red', false],
    ['other=red', false],
    ['other!=red', true],
    ['other=', false],
    ['other!=', true],
    ['team', true],
    ['!team', false],
    ['! other', true],
    ['other', false],
    ['team in (red,blue)', true],
    ['team in ( red , blue )', true],
    ['team in(green)', false],
    ['other in (red,)', false],
    ['team notin (red)', false],
    ['team notin (green,blue)', true],
    ['other notin (red)', true],
    ['app.kubernetes.io/name=web,team in (red,blue),!other', true],
    ['app.kubernetes.io/name=web,team=blue', false],
    ['size>4', true],
    ['size > 5', false],
    ['size<6', true],
    ['team>1', false],
    ['other<1', false],
    ['toString', false],
    ['', true],
  ])('reads "%s"', (selector, expected) => {
    expect(byLabels(selector, red)).toBe(expected);
  });

  it('takes an object without labels for one that has none of them', () => {
    expect(byLabels('team!=red')).toBe(true);
    expect(byLabels('!team')).toBe(true);
    expect(byLabels('team notin (red)')).toBe(true);
    expect(byLabels('team')).toBe(false);
  });

  it.each([
    '(',
    'a=b,',
    'a in',
    'a in b',
    'a=b c',
    'a>b',
    '=a',
    '!',
    'a in (b',
    '-a=b',
    `a=${'b'.repeat(64)}`,
  ])('refuses "%s" instead of finding something else', (selector) => {
    expect(() => byLabels(selector, red)).toThrow(/unable to parse requirement/);
  });
});

describe('fieldSelector', () => {
  const event = {
    involvedObject: { kind: 'Runner', name: 'r-1', namespace: 'ci', uid: 'u', apiVersion: 'v1' },
    type: 'Warning',
    reason: 'FailedStart',
    source: { component: 'runner-controller' },
  };

  it.each([
    ['metadata.name=one', true],
    ['metadata.name!=one', false],
    ['metadata.namespace==ci', true],
    ['status.phase=', true],
    ['involvedObject.kind=Runner,involvedObject.name=r-1,involvedObject.namespace=ci,involvedObject.uid=u', true],
    ['involvedObject.name=r-2', false],
    ['involvedObject.fieldPath=', true],
    ['type=Warning,reason!=PodCreated', true],
    ['source.component=runner-controller', true],
    ['type=Normal', false],
  ])('reads "%s"', (selector, expected) => {
    expect(byFields(selector, event)).toBe(expected);
  });

  it.each([
    ['metadata.nmae!=one', 'field label not supported: metadata.nmae'],
    ['spec.replicas=1', 'field label not supported: spec.replicas'],
    ['constructor.name=Object', 'field label not supported: constructor.name'],
    ['metadata.name', 'invalid selector: "metadata.name"'],
    ['metadata.name in (a,b)', 'invalid selector'],
  ])('refuses "%s", which would find everything or nothing', (selector, message) => {
    expect(() => byFields(selector)).toThrow(message);
  });
});
