import { describe, expect, it } from 'vitest';
import { lintWorkflows } from './lint.ts';
import { FILE, foundBy, step } from './testing/found-by.ts';

const INJECTION = 'run: echo "${{ github.head_ref }}"';
const found = (text: string): string[] => foundBy('script-injection', text);

describe('# switchyard: ignore', () => {
  it('silences a rule on its own line', () => {
    expect(found(step(INJECTION))).toHaveLength(1);
    expect(found(step(`${INJECTION} # switchyard: ignore script-injection names are checked above`))).toEqual([]);
  });

  it('silences a rule on the line above, also through other comments', () => {
    const text = step('name: x', '# switchyard: ignore script-injection', '# really', INJECTION);
    expect(found(text)).toEqual([]);
  });

  it('silences several rules, whatever the case', () => {
    expect(found(step(`${INJECTION}  # SWITCHYARD: ignore unknown-shell, Script-Injection why not`))).toEqual([]);
  });

  it('silences a place within a script from the line on which the script begins, and as a comment of the script', () => {
    const above = step(
      'name: x',
      '# switchyard: ignore script-injection',
      'run: |',
      '  echo',
      '  echo ${{ github.head_ref }}',
    );
    expect(found(above)).toEqual([]);
    const within = step('run: |', '  echo', '  # switchyard: ignore script-injection', '  echo ${{ github.head_ref }}');
    expect(found(within)).toEqual([]);
  });

  it.each([
    ['another rule', `${INJECTION} # switchyard: ignore unknown-shell`],
    ['no rule', `${INJECTION} # switchyard: ignore`],
    ['words that are no comment', `${INJECTION}switchyard:ignore`],
  ])('does not silence it with %s', (_, key) => {
    expect(found(step(key))).toHaveLength(1);
  });

  it('does not silence what stands a line apart', () => {
    expect(
      found(
        step('# switchyard: ignore script-injection', 'name: x', INJECTION)
          .replace('- #', '#')
          .replace('  name', '- name'),
      ),
    ).toHaveLength(1);
  });

  it('is counted', () => {
    const files = [{ path: FILE, text: step(`${INJECTION} # switchyard: ignore script-injection`) }];
    const report = lintWorkflows({ files, repository: 'a/b', isComplete: true, runners: null, hasHostedRunners: true });
    expect(report).toEqual({ findings: [], files: [FILE], silenced: 1 });
  });
});
