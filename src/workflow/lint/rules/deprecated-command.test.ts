import { describe, expect, it } from 'vitest';
import { findingsOf, foundBy, step } from '../testing/found-by.ts';

describe('deprecated-command', () => {
  it.each([
    ['set-output', 'echo "::set-output name=a::b"', 'warning', 'deprecated'],
    ['save-state', 'echo ::save-state name=a::b', 'warning', 'deprecated'],
    ['set-env', 'echo "::set-env name=A::b"', 'error', 'refused by runners'],
    ['add-path', 'echo "::add-path::/bin"', 'error', 'refused by runners'],
  ])('SEM-23.3: tells of ::%s', (command, script, severity, verdict) => {
    expect(foundBy('deprecated-command', step(`run: ${script}`))).toEqual([
      expect.stringMatching(`^6:\\d+ ${severity} The workflow command ::${command} is ${verdict}\\.$`),
    ]);
  });

  it('points at the command in a script with expressions, and says what took its place', () => {
    const text = step('run: |', '  echo "${{ github.sha }}"', '  echo "::set-output name=a::b"');
    const [finding] = findingsOf('deprecated-command', text);
    expect(finding).toMatchObject({ line: 8, column: 17, hint: 'Write echo "name=value" >> "$GITHUB_OUTPUT"' });
  });

  it('says nothing of other commands and words', () => {
    expect(foundBy('deprecated-command', step('run: echo "::group::set-output" ::notice::set-env'))).toEqual([]);
  });
});
