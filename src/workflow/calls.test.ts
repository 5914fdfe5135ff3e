import { describe, expect, it } from 'vitest';
import { calling, FOLDER, LIB, link, OWN, ROOT, shown } from '../../test/support/linked-calls.ts';
import { spentMs } from '../../test/support/thread-time.ts';
import { callTarget } from './index.ts';

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
    const start = spentMs();
    expect(shown(link(calling(uses(0), 'push'), { ...texts, [OWN('9.yml')]: calling([]) }))).toEqual([
      expect.stringMatching(/Workflows may not contain more than 2500 jobs across all referenced files$/),
    ]);
    expect(spentMs() - start).toBeLessThan(5000);
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
