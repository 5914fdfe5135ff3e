import { describe, expect, it } from 'vitest';
import { calling, FOLDER, LIB, link, OWN, ROOT, STEPS, shown } from '../../test/support/linked-calls.ts';
import { defaultPermissions, type LinkOptions } from './index.ts';

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
