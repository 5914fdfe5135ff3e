import { describe, expect, it } from 'vitest';
import { readManifest } from './manifest.ts';

const FILE = 'me/tool@v1/action.yml';
const composite = (step: string): string => `name: x\nruns: { using: composite, steps: [${step}] }`;

const refusal = (text: string): string => {
  try {
    readManifest(FILE, text);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return '';
};

describe('readManifest', () => {
  it('SEM-17.2: reads JavaScript actions with their stages and conditions, whatever the case of "using"', () => {
    const text = 'runs: { using: Node24, main: a.js, pre: b.js, pre-if: github.actor, post: c.js }';
    expect(readManifest(FILE, text)).toMatchObject({
      name: FILE,
      inputs: [],
      runs: {
        ...{ using: 'node', version: 'node24', main: 'a.js' },
        pre: { program: 'b.js', condition: 'success() && (github.actor)' },
        post: { program: 'c.js', condition: 'always()' },
      },
    });
  });

  it('SEM-17.3: takes defaults that are no texts as texts, and keeps what has none apart', () => {
    const text = 'inputs: { a: { default: 1.50 }, b: { default: true }, c: {}, d: }\nruns: { using: node20, main: x }';
    const { inputs } = readManifest(FILE, text);
    expect(inputs.map(({ name, default: value }) => [name, value])).toEqual([
      ['a', '1.5'],
      ['b', 'true'],
      ['c', null],
      ['d', null],
    ]);
  });

  it('SEM-17.1: takes $/ for the repository and ref that the file is of', () => {
    const text = composite('{ uses: $/deep/er }, { uses: $/ }');
    const { runs } = readManifest(FILE, text, { name: 'me/tool', ref: 'v1' });
    const own = { type: 'repository', repositoryType: 'GitHub', name: 'me/tool', ref: 'v1' };
    expect(runs).toMatchObject({ steps: [{ reference: { ...own, path: 'deep/er' } }, { reference: own }] });
    expect(refusal(text)).toContain('does not say which repository');
  });

  it.each([
    ['a list', '- x', 'must be a mapping'],
    ['nothing', '', 'must be a mapping'],
    ['no runs', 'name: x', 'needs the key "runs"'],
    ['runs that are a text', 'runs: node20', 'needs the key "runs"'],
    ['a key twice', 'name: x\nname: y', 'is not YAML'],
    ['no using', 'runs: { main: x }', '"runs.using" is missing'],
    ['a using that no runner has', 'runs: { using: deno2, main: x }', '"runs.using" is "deno2", which is not node20'],
    ['no main', 'runs: { using: node20 }', '"runs.main" is missing'],
    ['no image', 'runs: { using: docker }', '"runs.image" is missing'],
    ['no steps', 'runs: { using: composite }', '"runs.steps" must be a list'],
    ['a step that is a text', composite('x'), 'step 1 must be a mapping'],
    ['SEM-17.9: a time-out in a step', composite('{ run: x, shell: sh, timeout-minutes: 1 }'), '"timeout-minutes"'],
    ['SEM-18.1: a background step', composite('{ run: x, shell: sh, background: true }'), '"background"'],
    ['both run and uses', composite('{ run: x, uses: a/b@c, shell: sh }'), 'either "run" or "uses"'],
    ['an id twice', composite('{ id: a, run: x, shell: sh }, { id: A, run: x, shell: sh }'), 'used twice'],
    ['what is no action', composite('{ uses: setup-node }'), '"setup-node" is no action'],
    ['a condition that is no expression', composite("{ run: x, shell: sh, if: 'a ||' }"), ''],
  ])('SEM-17.2: refuses %s', (_, text, sentence) => {
    expect(refusal(text)).toMatch(/^me\/tool@v1\/action\.yml: /);
    expect(refusal(text)).toContain(sentence);
  });

  const hostile = new Map([
    ['longer than 1 MiB', { text: `name: ${'x'.repeat(1024 * 1024)}`, sentence: 'is larger than 1 MiB' }],
    ['full of aliases', { text: `a: &a [x]\n${bomb()}runs: { using: node20, main: x }`, sentence: 'alias' }],
    ['nested thousands deep', { text: '['.repeat(20_000), sentence: 'is nested too deeply' }],
    ['of binary', { text: '\u0000\u0001', sentence: '' }],
  ]);
  it.each([...hostile.keys()])('refuses a text %s with a sentence', (kind) => {
    const { text = '', sentence = '' } = hostile.get(kind) ?? {};
    expect(refusal(text)).toMatch(/^me\/tool@v1\/action\.yml: /);
    expect(refusal(text)).toContain(sentence);
  });
});

/** Lists of ten of the list before: ten to the ninth members from nine lines. */
function bomb(): string {
  const names = 'abcdefghij';
  const lines = [...names.slice(1)].map((name, index) => {
    const before = names[index];
    return `${name}: &${name} [${Array.from({ length: 10 }, () => `*${before}`).join(', ')}]\n`;
  });
  return lines.join('');
}
