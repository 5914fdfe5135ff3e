import { describe, expect, it } from 'vitest';
import {
  type CalledFile,
  type CallTarget,
  callTarget,
  defaultPermissions,
  type LinkedCalls,
  type LinkOptions,
  linkCalls,
  readWorkflow,
  type WorkflowOrigin,
} from './index.ts';

const FOLDER = '.github/workflows/';
const ROOT: WorkflowOrigin = { repository: 'Octo/App', path: `${FOLDER}ci.yml`, ref: 'refs/heads/main', sha: 'own' };
const STEPS = '{ runs-on: x, steps: [{ run: make }] }';

const file = (origin: WorkflowOrigin, text: string): CalledFile => ({
  origin,
  workflow: readWorkflow({ path: origin.path, text }),
});

/** A file whose jobs call these targets. */
const calling = (uses: string[], on = 'workflow_call'): string => {
  const jobs = uses.map((target, index) => `  call${index}:\n    uses: ${target}\n`).join('');
  return `on: ${on}\njobs:\n${jobs || `  a: ${STEPS}\n`}`;
};

/** What a server does: loads what is missing, by key, and asks again. Refs of other repositories are their commits. */
function link(root: string, texts: Record<string, string>, options?: LinkOptions): LinkedCalls & { asked: string[] } {
  const files = new Map<string, CalledFile | { error: string }>();
  const asked: string[] = [];
  for (;;) {
    const linked = linkCalls(file(ROOT, root), files, options);
    if (linked.missing.length === 0) return { ...linked, asked };
    for (const target of linked.missing) {
      asked.push(target.key);
      files.set(target.key, load(target, texts[target.key]));
    }
  }
}

function load({ repository, path, ref, sha }: CallTarget, text: string | undefined): CalledFile | { error: string } {
  if (text === undefined) return { error: 'workflow was not found.' };
  return file({ repository, path, ref, sha: sha ?? ref }, text);
}

const shown = (linked: LinkedCalls): string[] =>
  linked.errors.map(({ file, line, column, message }) => `${file} ${line}:${column} ${message}`);

const OWN = (name: string): string => `octo/app/${FOLDER}${name}@own`;
const LIB = (name: string): string => `octo/lib/${FOLDER}${name}@v1`;

describe('callTarget', () => {
  it('SEM-11.1: a local reference is a file of the caller’s repository and commit, of the run’s or any other', () => {
    const path = `${FOLDER}b.yml`;
    const local = { repository: null, path, ref: null };
    expect(callTarget(local, ROOT)).toEqual({
      ...{ key: OWN('b.yml'), repository: 'octo/app', path, ref: 'refs/heads/main', sha: 'own' },
    });
    const lib = { repository: 'Octo/Lib', path: `${FOLDER}a.yml`, ref: 'v1', sha: 'of-v1' };
    expect(callTarget(local, lib)).toMatchObject({ key: `octo/lib/${path}@of-v1`, ref: 'v1', sha: 'of-v1' });
  });

  it('SEM-11.1: any other is a file of the repository and ref that it names', () => {
    const path = `${FOLDER}b.yml`;
    expect(callTarget({ repository: 'Octo/LIB', path, ref: 'V1' }, ROOT)).toEqual({
      ...{ key: `octo/lib/${path}@V1`, repository: 'octo/lib', path, ref: 'V1', sha: null },
    });
  });
});

describe('linkCalls', () => {
  it('asks for the files of each level once, also where names differ in case', () => {
    const root = calling([`./${FOLDER}a.yml`, `octo/lib/${FOLDER}a.yml@v1`, `Octo/Lib/${FOLDER}a.yml@v1`], 'push');
    const texts = {
      [OWN('a.yml')]: calling([`$/${FOLDER}b.yml`]),
      [OWN('b.yml')]: calling([]),
      [LIB('a.yml')]: calling([`./${FOLDER}b.yml`]),
      [LIB('b.yml')]: calling([]),
    };
    const linked = link(root, texts);
    expect(linked.errors).toEqual([]);
    expect(linked.asked).toEqual([OWN('a.yml'), LIB('a.yml'), OWN('b.yml'), LIB('b.yml')]);
  });

  it('SEM-5.5: names a file that cannot be had', () => {
    expect(shown(link(calling([`./${FOLDER}a.yml`], 'push'), {}))).toEqual([
      `${ROOT.path} 4:11 error parsing called workflow "./${FOLDER}a.yml": workflow was not found.`,
    ]);
  });

  it('SEM-11.2: the called file lists workflow_call', () => {
    const linked = link(calling([`./${FOLDER}a.yml`], 'push'), { [OWN('a.yml')]: calling([], '[push, release]') });
    expect(shown(linked)).toEqual([
      `${ROOT.path} 4:11 error parsing called workflow "./${FOLDER}a.yml": workflow is not reusable as it is missing a \`on.workflow_call\` trigger`,
    ]);
  });

  it('SEM-1.8: tells the errors of a called file at the call, with their places in it', () => {
    const broken = calling([]).replace('runs-on: x', 'runs-on: x, nonsense: 1, name: "${{ nope }}"');
    const root = calling([`./${FOLDER}a.yml`, `octo/lib/${FOLDER}a.yml@v1`], 'push');
    const found = shown(
      link(root, { [OWN('a.yml')]: broken, [LIB('a.yml')]: calling([LIB('b.yml')]), [LIB('b.yml')]: broken }),
    );
    expect(found).toEqual([
      `${ROOT.path} 4:11 Error from called workflow ${FOLDER}a.yml (Line: 3, Col: 20): Unexpected value 'nonsense'`,
      expect.stringMatching(
        /^\.github\/workflows\/ci\.yml 4:11 Error from called workflow .*\(Line: 3, Col: 40\): Unrecogn/,
      ),
      `octo/lib/${FOLDER}a.yml@v1 4:11 Error from called workflow ${LIB('b.yml')} (Line: 3, Col: 20): Unexpected value 'nonsense'`,
      expect.stringContaining("Unrecognized named-value: 'nope'"),
    ]);
  });
});

describe('limits of calls', () => {
  /** Files that call each other in a row: `1.yml` calls `2.yml`, and so on. */
  const row = (length: number): Record<string, string> => {
    const uses = (level: number) => (level < length ? [`./${FOLDER}${level + 1}.yml`] : []);
    const entries = Array.from({ length }, (_, index) => [OWN(`${index + 1}.yml`), calling(uses(index + 1))]);
    return Object.fromEntries(entries);
  };
  const root = calling([`./${FOLDER}1.yml`], 'push');

  it('SEM-11.3: ten levels of files are fine, eleven are not', () => {
    expect(link(root, row(9)).errors).toEqual([]);
    expect(shown(link(root, row(10)))).toEqual([`${FOLDER}9.yml 4:11 Nested reusable workflow depth exceeded 9.`]);
  });

  it('SEM-11.3: the number of levels is a setting, as on older servers', () => {
    expect(link(root, row(3), { maxDepth: 4 }).errors).toEqual([]);
    expect(shown(link(root, row(4), { maxDepth: 4 }))[0]).toMatch(/3\.yml 4:11 Nested .* exceeded 3\.$/);
  });

  it('SEM-11.3: fifty files are fine, fifty-one are not even loaded', () => {
    const names = Array.from({ length: 51 }, (_, index) => `f${index}.yml`);
    const texts = Object.fromEntries(names.map((name) => [OWN(name), calling([])]));
    const uses = names.map((name) => `./${FOLDER}${name}`);
    expect(link(calling(uses.slice(0, 50), 'push'), texts).errors).toEqual([]);
    const linked = link(calling([...uses.slice(0, 50), uses[0] ?? '', uses[50] ?? ''], 'push'), texts);
    expect(linked.asked).toEqual([]);
    expect(shown(linked)).toEqual([`${ROOT.path} 106:11 The maximum file count of 50 has been exceeded`]);
    expect(shown(link(calling(uses.slice(0, 21), 'push'), texts, { maxFiles: 20 }))[0]).toMatch(/count of 20 has/);
  });

  it('SEM-11.13: levels that each call the next one three times end at 2,500 jobs, soon', () => {
    const uses = (level: number) => Array<string>(3).fill(`./${FOLDER}${level}.yml`);
    const texts = Object.fromEntries(
      Array.from({ length: 9 }, (_, level) => [OWN(`${level}.yml`), calling(uses(level + 1))]),
    );
    const start = performance.now();
    expect(shown(link(calling(uses(0), 'push'), { ...texts, [OWN('9.yml')]: calling([]) }))).toEqual([
      expect.stringMatching(/Workflows may not contain more than 2500 jobs across all referenced files$/),
    ]);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it.each([
    ['itself', calling([`./${FOLDER}ci.yml`], '[push, workflow_call]'), `'${ROOT.path}' calls '${ROOT.path}'`],
    [
      'a file that calls it',
      calling([`./${FOLDER}a.yml`], '[push, workflow_call]'),
      `'${ROOT.path}' calls '${FOLDER}a.yml' calls '${ROOT.path}'`,
    ],
    ['a file that calls itself', calling([`./${FOLDER}b.yml`], 'push'), `'${FOLDER}b.yml' calls '${FOLDER}b.yml'`],
    [
      'itself by its commit',
      calling([`octo/app/${ROOT.path}@own`], '[push, workflow_call]'),
      `'${ROOT.path}' calls '${ROOT.path}'`,
    ],
  ])('SEM-11.3: refuses a file that calls %s', (_, text, way) => {
    const texts = {
      [OWN('ci.yml')]: text,
      [OWN('a.yml')]: calling([`./${FOLDER}ci.yml`]),
      [OWN('b.yml')]: calling([`./${FOLDER}b.yml`]),
    };
    const [only, ...more] = shown(link(text, texts));
    expect(only).toContain(`4:11 The workflows call each other in a circle: ${way}.`);
    expect(more).toEqual([]);
  });

  it('SEM-11.3: the same file twice beside each other is no circle', () => {
    const twice = calling([`./${FOLDER}a.yml`, `./${FOLDER}a.yml`], 'push');
    expect(link(twice, { [OWN('a.yml')]: calling([]) }).errors).toEqual([]);
  });
});

describe('inputs and secrets of calls', () => {
  const callee = `on:
  workflow_call:
    inputs:
      Text: { type: string }
      count: { type: number, default: 1 }
      flag: { type: boolean }
      needed: { type: string, required: true }
    secrets:
      Key: { required: true }
      other:
jobs: { a: ${STEPS} }
`;
  const call = (key: string): string[] => {
    const root = `on: push\njobs:\n  call:\n    uses: ./${FOLDER}a.yml\n    ${key}\n`;
    return shown(link(root, { [OWN('a.yml')]: callee })).map((text) => text.replace(`${ROOT.path} `, ''));
  };
  const SECRET = 'secrets: { key: x }';

  it('SEM-11.4, 11.5: takes what is declared, ignoring case', () => {
    expect(call(`with: { NEEDED: x, text: y }\n    ${SECRET}`)).toEqual([]);
    expect(call('with: { needed: x }\n    secrets: { KEY: x, OTHER: "${{ secrets.O }}" }')).toEqual([]);
  });

  it.each([
    ...['text: ""', 'text: null', 'text: 3', 'text: true', "text: 'true'", 'text: "${{ needs.x }}"'],
    ...['count: 3', "count: '3'", 'count: 0x1f', 'count: "${{ github.x }}"', 'flag: true', 'flag: False'],
    ...["flag: 'true'", "flag: 'false'", 'flag: "${{ github.x }}"'],
  ])('SEM-11.4: takes the literal %s', (value) => {
    expect(call(`with: { needed: x, ${value} }\n    ${SECRET}`)).toEqual([]);
  });

  it.each([
    ['count: abc', 'abc'],
    ['count: true', 'true'],
    ['count: ""', ''],
    ['count: null', ''],
    ['flag: yes', 'yes'],
    ["flag: 'TRUE'", 'TRUE'],
    ['flag: 1', '1'],
    ['flag: ""', ''],
    ['flag: null', ''],
  ])('SEM-11.4: refuses the literal %s', (value, text) => {
    const column = value.startsWith('count') ? 31 : 30;
    expect(call(`with: { needed: x, ${value} }\n    ${SECRET}`)).toEqual([`5:${column} Unexpected value '${text}'`]);
  });

  it('SEM-11.4: refuses unknown inputs, at their values, and missing ones, at the call', () => {
    expect(call(`with: { nope: x }\n    ${SECRET}`)).toEqual([
      '4:11 Input needed is required, but not provided while calling.',
      '5:19 Invalid input, nope is not defined in the referenced workflow.',
    ]);
  });

  it('SEM-11.5: refuses unknown secrets and missing ones', () => {
    expect(call('with: { needed: x }\n    secrets: { nope: x }')).toEqual([
      '4:11 Secret Key is required, but not provided while calling.',
      '6:22 Invalid secret, nope is not defined in the referenced workflow.',
    ]);
    expect(call('with: { needed: x }')).toEqual(['4:11 Secret Key is required, but not provided while calling.']);
  });

  it('SEM-11.5: with inherit nothing is known yet', () => {
    expect(call('with: { needed: x }\n    secrets: inherit')).toEqual([]);
  });

  it('SEM-11.5: GITHUB_TOKEN is no secret to declare', () => {
    const linked = link(calling([`./${FOLDER}a.yml`], 'push'), {
      [OWN('a.yml')]: `on:\n  workflow_call:\n    secrets:\n      github_token:\njobs: { a: ${STEPS} }\n`,
    });
    expect(shown(linked)[0]).toMatch(
      /\(Line: 4, Col: 7\): secret name `github_token` within `workflow_call` can not be used/,
    );
  });
});

describe('SEM-6.4: permissions along calls', () => {
  const read = defaultPermissions('read');
  const keys = (text: string): string => (text ? `    permissions: ${text}\n` : '');
  const root = (ofJob: string, ofWorkflow = ''): string =>
    `${ofWorkflow ? `permissions: ${ofWorkflow}\n` : ''}on: push\njobs:\n  call:\n    uses: ./${FOLDER}a.yml\n${keys(ofJob)}`;
  const callee = (ofWorkflow: string, ofJob: string): string =>
    `${ofWorkflow ? `permissions: ${ofWorkflow}\n` : ''}on: workflow_call\njobs:\n  inner:\n    runs-on: x\n    steps: [{ run: x }]\n${keys(ofJob)}`;
  const found = (caller: string, called: string, options: LinkOptions = { ceiling: read }): string[] =>
    shown(link(caller, { [OWN('a.yml')]: called }, options)).map((text) => text.replace(`${ROOT.path} `, ''));

  it.each([
    ['nothing', root(''), callee('', '')],
    ['what the policy gives', root(''), callee('', '{ contents: read, packages: read }')],
    ['what the calling job has', root('{ issues: write }'), callee('{ issues: read }', '{ issues: write }')],
    ['what the calling workflow has', root('', 'write-all'), callee('write-all', 'write-all')],
    ['less', root('write-all'), callee('read-all', '{}')],
  ])('lets a called workflow ask for %s', (_, caller, called) => {
    expect(found(caller, called)).toEqual([]);
  });

  it.each([
    [
      'more than the policy gives',
      root(''),
      callee('', '{ actions: write, contents: read }'),
      "3:3 Error calling workflow './.github/workflows/a.yml'. The nested job 'inner' is requesting 'actions: write', but is only allowed 'actions: none'.",
    ],
    [
      'more than the calling job has, although its workflow has it',
      root('{ contents: read }', 'write-all'),
      callee('{ contents: write, issues: read }', ''),
      "4:3 Error calling workflow './.github/workflows/a.yml'. The workflow is requesting 'contents: write, issues: read', but is only allowed 'contents: read, issues: none'.",
    ],
    [
      'more than its own workflow has from its caller',
      root('{ contents: read }'),
      callee('{ contents: read }', '{ contents: write }'),
      "3:3 Error calling workflow './.github/workflows/a.yml'. The nested job 'inner' is requesting 'contents: write', but is only allowed 'contents: read'.",
    ],
  ])('refuses %s', (_, caller, called, expected) => {
    expect(found(caller, called)).toEqual([expected]);
  });

  it('goes by the caller that declares them last, over several levels', () => {
    const middle = `on: workflow_call\njobs:\n  middle:\n    permissions: { contents: read }\n    uses: ./${FOLDER}b.yml\n`;
    const linked = link(root('write-all'), {
      [OWN('a.yml')]: middle,
      [OWN('b.yml')]: callee('', '{ contents: write }'),
    });
    expect(shown(linked)).toEqual([
      `${FOLDER}a.yml 3:3 Error calling workflow './${FOLDER}b.yml'. The nested job 'inner' is requesting 'contents: write', but is only allowed 'contents: read'.`,
    ]);
  });

  it('lets a file of the same owner ask for id-token under a permissive policy, and no other file', () => {
    const options = { ceiling: defaultPermissions('write') };
    const asking = callee('', '{ id-token: write }');
    expect(found(root(''), asking, options)).toEqual([]);
    expect(found(root(''), asking)).toEqual([expect.stringContaining("but is only allowed 'id-token: none'")]);
    const calls = (uses: string, permissions = '') =>
      shown(
        link(
          root(permissions).replace(`./${FOLDER}a.yml`, uses),
          { [LIB('a.yml')]: asking, [`other/lib/${FOLDER}a.yml@v1`]: asking },
          options,
        ),
      );
    expect(calls(LIB('a.yml'))).toEqual([]);
    expect(calls(`other/lib/${FOLDER}a.yml@v1`)).toEqual([expect.stringContaining("'id-token: none'")]);
    expect(calls(`other/lib/${FOLDER}a.yml@v1`, '{ id-token: write }')).toEqual([]);
  });

  it('refuses nothing to callers that declare nothing when no policy is known', () => {
    expect(found(root(''), callee('write-all', ''), {})).toEqual([]);
  });
});

describe('SEM-8.8: calls into the concurrency group of their own caller', () => {
  const warned = (ofRoot: string, ofCall: string, ofCallee: string, ofInner = ''): boolean => {
    const root = `${ofRoot}\non: push\njobs:\n  call:\n    uses: ./${FOLDER}a.yml\n    ${ofCall}\n`;
    const inner = `  inner:\n    runs-on: x\n    steps: [{ run: x }]\n    ${ofInner}\n`;
    const { errors, warnings } = link(root, { [OWN('a.yml')]: `${ofCallee}\non: workflow_call\njobs:\n${inner}` });
    expect(errors).toEqual([]);
    return warnings.length > 0;
  };
  const GROUP = 'concurrency: "${{ github.workflow }}-${{ github.ref }}"';

  it('warns at the call', () => {
    const root = `${GROUP}\n${calling([`./${FOLDER}a.yml`], 'push')}`;
    const { warnings } = link(root, { [OWN('a.yml')]: `${GROUP}\n${calling([])}` });
    expect(warnings).toEqual([
      { ...{ file: ROOT.path, line: 5, column: 11 }, message: expect.stringContaining('group of its own caller') },
    ]);
  });

  it.each<[string, boolean, [string, string, string, string?]]>([
    ['the same text, ignoring case', true, ['concurrency: Deploy', '', 'concurrency: deploy']],
    ['the same expression', true, [GROUP, '', GROUP.replace('concurrency:', 'concurrency:\n  group:')]],
    ['the group of the calling job', true, ['', 'concurrency: deploy', 'concurrency: deploy']],
    ['the group of an inner job', true, ['concurrency: deploy', '', '', 'concurrency: deploy']],
    ['another text', false, ['concurrency: deploy', '', 'concurrency: build']],
    ['none', false, ['', '', '']],
    ['only of the callee', false, ['', '', 'concurrency: deploy', 'concurrency: other']],
    [
      'an expression of inputs, which differ',
      false,
      ['concurrency: "${{ inputs.x }}"', '', 'concurrency: "${{ inputs.x }}"'],
    ],
  ])('tells %s: %s', (_, expected, texts) => {
    expect(warned(...texts)).toBe(expected);
  });

  it('also looks past the direct caller', () => {
    const root = `concurrency: deploy\n${calling([`./${FOLDER}a.yml`], 'push')}`;
    const texts = {
      [OWN('a.yml')]: calling([`./${FOLDER}b.yml`]),
      [OWN('b.yml')]: `concurrency: deploy\n${calling([])}`,
    };
    expect(link(root, texts).warnings).toMatchObject([{ file: `${FOLDER}a.yml`, line: 4 }]);
  });
});
