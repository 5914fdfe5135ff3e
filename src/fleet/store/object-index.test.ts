import { expect, test } from 'vitest';
import { scales } from '../resources/links.ts';
import type { StoredObject } from '../resources/object.ts';
import { ObjectIndex } from './object-index.ts';

const plural = 'horizontalrunnerautoscalers';
const autoscaler = (name: string, target: string): StoredObject => ({
  apiVersion: 'actions.summerwind.dev/v1alpha1',
  kind: 'HorizontalRunnerAutoscaler',
  metadata: { name, namespace: 'default', uid: name, resourceVersion: '1', generation: 1, creationTimestamp: '' },
  spec: { scaleTargetRef: { name: target } },
});
const link = (name: string): string => scales({ plural: 'runnerdeployments', namespace: 'default', name });

test('what says something of another is found by it, the oldest first whoever said it first', () => {
  const index = new ObjectIndex();
  const put = (name: string, target: string): void =>
    index.put({ plural, namespace: 'default', name }, autoscaler(name, target));
  const found = (target: string): string[] => index.linked(link(target)).map(({ metadata }) => metadata.name);
  put('old', 'a');
  put('young', 'b');
  expect([found('a'), found('b')]).toEqual([['old'], ['young']]);
  put('old', 'b');
  expect([found('a'), found('b')]).toEqual([[], ['old', 'young']]);
  expect([...index.links()]).toEqual([link('b')]);
  index.remove({ plural, namespace: 'default', name: 'old' });
  expect(found('b')).toEqual(['young']);
  expect(index.list(plural)).toHaveLength(1);
});
