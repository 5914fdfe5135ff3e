import { describe, expect, it } from 'vitest';
import { FleetKinds, type Kind } from './fleet-kinds.ts';
import { parseManifests } from './manifests.ts';

const RUNNERS: Kind = {
  kind: 'Runner',
  plural: 'runners',
  singular: 'runner',
  shortNames: [],
  isNamespaced: true,
  base: '/apis/actions.summerwind.dev/v1alpha1',
};
const AUTOSCALERS: Kind = {
  ...RUNNERS,
  kind: 'HorizontalRunnerAutoscaler',
  plural: 'horizontalrunnerautoscalers',
  singular: 'horizontalrunnerautoscaler',
  shortNames: ['hra'],
};
const kinds = new FleetKinds([RUNNERS, AUTOSCALERS]);

describe('the kinds of a fleet', () => {
  it.each(['hra', 'HRA', 'horizontalrunnerautoscaler', 'HorizontalRunnerAutoscalers'])('knows %s', (word) => {
    expect(kinds.named(word)).toBe(AUTOSCALERS);
  });

  it('knows several at once, each once', () => {
    expect(kinds.allNamed('hra, runner,HRA')).toEqual([AUTOSCALERS, RUNNERS]);
    expect(() => kinds.allNamed('hra,')).toThrow('There is no kind ""');
  });

  it('names the kinds that there are for a word that is none', () => {
    expect(() => kinds.named('pods')).toThrow(
      'There is no kind "pods"; there are runners, horizontalrunnerautoscalers (hra).',
    );
  });

  it('names file, line and the kinds that there are for a kind that is not known', () => {
    const text = '# scales\nmetadata: { name: c }\nkind: Deployment\n';
    expect(() => parseManifests(text, 'x.yaml').map((manifest) => kinds.ofManifest(manifest))).toThrow(
      'x.yaml:3: the kind Deployment is not known here; there are Runner, HorizontalRunnerAutoscaler.',
    );
  });
});
