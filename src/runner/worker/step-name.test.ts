import { describe, expect, it } from 'vitest';
import type { JobStep } from '../../protocol/runner/job-message.ts';
import type { TemplateToken } from '../../protocol/runner/tokens.ts';
import type { Scope } from '../../workflow/expressions/index.ts';
import { earlyStepName, stepName } from './step-name.ts';

const scope: Scope = {
  contexts: { github: { ref: 'main' }, steps: { a: { outputs: { list: '["x"]' } } } },
  hashFiles: () => 'abc',
};
const early: Scope = { ...scope, contexts: { github: { ref: 'main' }, steps: {} } };

function script(text: TemplateToken, displayNameToken?: TemplateToken): JobStep {
  const inputs: TemplateToken = {
    type: 2,
    map: [
      { Key: 'shell', Value: { type: 3, expr: "fromJSON('not json')" } },
      { Key: { type: 0, lit: 'script' }, Value: text },
    ],
  };
  return { ...action, reference: { type: 'script' }, inputs, displayNameToken };
}

const action: JobStep = {
  type: 'action',
  id: 'guid',
  name: '__run',
  contextName: '__run',
  enabled: true,
  condition: 'success()',
  continueOnError: false,
  timeoutInMinutes: null,
  reference: { type: 'repository', repositoryType: 'GitHub', name: 'actions/cache', path: 'save', ref: 'v4' },
  inputs: { type: 2, map: [] },
  environment: null,
};

describe('the name of a step', () => {
  it('SEM-16.9: without a name is Run and the first line of its script, evaluated', () => {
    expect(stepName(script('\n  npm ci\nnpm test\n'), scope)).toBe('Run npm ci');
    expect(stepName(script({ type: 3, expr: "format('echo {0}\necho', github.ref)" }), scope)).toBe('Run echo main');
    expect(stepName(script('a\r\nb'), scope)).toBe('Run a');
  });

  it('SEM-16.9: without a name is Run and the action', () => {
    expect(stepName(action, scope)).toBe('Run actions/cache/save@v4');
    expect(stepName({ ...action, reference: { type: 'containerRegistry', image: 'alpine:3' } }, scope)).toBe(
      'Run docker://alpine:3',
    );
  });

  it('is the given one, on one line; an empty one counts as none', () => {
    expect(stepName(script('x', { type: 3, expr: "format('On {0} ', github.ref)" }), scope)).toBe('On main');
    expect(stepName(script('x', ' one\ntwo'), scope)).toBe('one');
    expect(stepName(script('x', { type: 3, expr: 'github.nothing' }), scope)).toBe('Run x');
  });

  it('never fails for the default one, and fails for a given one that cannot be evaluated', () => {
    const broken = { type: 3, expr: 'fromJSON(steps.a.outputs.list)[0]' } as const;
    expect(stepName(script(broken), scope)).toBe('Run x');
    expect(stepName(script(broken), early)).toBe('Run a script');
    expect(stepName(script(''), scope)).toBe('Run a script');
    expect(() => stepName(script('x', broken), early)).toThrow();
  });

  it('before the step runs is the default one where the given one needs what comes later, and hashes no files', () => {
    const later = { type: 3, expr: 'fromJSON(steps.a.outputs.list)[0]' } as const;
    expect(earlyStepName(script('npm ci', later), early)).toBe('Run npm ci');
    expect(earlyStepName(script('npm ci', { type: 3, expr: "hashFiles('**')" }), scope)).toBe('Run npm ci');
    expect(stepName(script('npm ci', { type: 3, expr: "hashFiles('**')" }), scope)).toBe('abc');
  });
});
