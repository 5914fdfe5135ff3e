import { describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands/index.ts';
import { HELP } from '../../src/runner/listener/cli.ts';
import { readText } from './files.ts';

const page = readText('docs/cli.md');

/** The part of the page below a command's own heading. */
function sectionOf(name: string): string {
  const [, section] = new RegExp(`^## \`${name}\`\n([\\s\\S]*?)(?=^## |$(?![\\s\\S]))`, 'm').exec(page) ?? [];
  expect(section, `docs/cli.md has no heading for ${name}`).toBeDefined();
  return section ?? '';
}

const longNames = (text: string): string[] => [...text.matchAll(/--[a-z][a-z-]*/g)].map(([name]) => name);

/** Rows of the section's table of options. */
const described = (section: string): string[] =>
  [...section.matchAll(/^\| `(-[^`]+)` \|/gm)].map(([, flags = '']) => flags);

describe('docs/cli.md', () => {
  it('has a heading for every command and for nothing else', () => {
    const headings = [...page.matchAll(/^## `([^`]+)`$/gm)].map(([, name]) => name);
    expect(headings.sort()).toEqual(commands.map(({ name }) => name).sort());
  });

  for (const { name, options, passThrough } of commands.filter((command) => !command.passThrough)) {
    it(`lists exactly the options of ${name}`, () => {
      expect(passThrough).toBeFalsy();
      expect(described(sectionOf(name)).sort()).toEqual(options.map(({ flags }) => flags).sort());
    });
  }

  it('lists exactly the options of runner, which is a program of its own', () => {
    const listed = described(sectionOf('runner')).flatMap(longNames);
    expect(listed.sort()).toEqual([...new Set(longNames(HELP))].filter((name) => name !== '--help').sort());
  });
});
