import { describe, expect, it } from 'vitest';
import { foundBy, job, step } from '../testing/found-by.ts';

describe('unknown-shell', () => {
  it('SEM-16.3: tells of a shell that no runner knows and that has no place for the script', () => {
    expect(foundBy('unknown-shell', step('run: x', 'shell: zsh'))).toEqual([
      "7:16 error There is no shell 'zsh', and it has no {0} for the script.",
    ]);
  });

  it('looks at the defaults of workflow and job', () => {
    const defaults = 'defaults: { run: { shell: fish } }';
    const text = `${defaults}\n${job('runs-on: x', defaults, 'steps: [{ run: x }]')}`;
    expect(foundBy('unknown-shell', text).map((finding) => finding.split(' ')[0])).toEqual(['1:27', '6:31']);
  });

  it.each(['bash', 'pwsh', 'zsh -e {0}', '"${{ matrix.shell }}"'])('SEM-16.2: says nothing of %s', (shell) => {
    expect(foundBy('unknown-shell', step('run: x', `shell: ${shell}`))).toEqual([]);
  });
});
