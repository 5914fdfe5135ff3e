/** How a script is run: SEM-16.1 to 16.4. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { UserError } from '../../common/errors.ts';

export interface Shell {
  /** Absolute path of the program; in a container its name. */
  command: string;
  /** Arguments with `{0}` for the script. */
  args: string[];
  /** Extension of the script file, with its dot; empty for programs that are not known. */
  extension: string;
  /** Changes that the script needs before it is written. */
  fixUp(script: string): string;
  verbatimArguments?: boolean;
}

interface BuiltInShell {
  program: string;
  args: string[];
  extension: string;
  fixUp?: (script: string) => string;
  verbatimArguments?: boolean;
}

const powershell = (program: string): BuiltInShell => ({
  program,
  args: ['-command', ". '{0}'"],
  extension: '.ps1',
  fixUp: (script) =>
    `$ErrorActionPreference = 'stop'\n${script}\nif ((Test-Path -LiteralPath variable:\\LASTEXITCODE)) { exit $LASTEXITCODE }`,
});

const BUILT_IN: Record<string, BuiltInShell> = {
  bash: { program: 'bash', args: ['--noprofile', '--norc', '-e', '-o', 'pipefail', '{0}'], extension: '.sh' },
  sh: { program: 'sh', args: ['-e', '{0}'], extension: '.sh' },
  python: { program: 'python', args: ['{0}'], extension: '.py' },
  pwsh: powershell('pwsh'),
  powershell: powershell('powershell'),
  cmd: {
    program: 'cmd',
    args: ['/D', '/E:ON', '/V:OFF', '/S', '/C', '"CALL "{0}""'],
    extension: '.cmd',
    fixUp: (script) => `@echo off\r\n${script}`,
    verbatimArguments: true,
  },
};

const PLAIN_SH: BuiltInShell = { program: 'sh', args: ['-e', '{0}'], extension: '.sh' };

/**
 * @param shell the step's `shell`, or its default; undefined for none
 * @param searchPath PATH of the step, with what earlier steps added; null in a container, where nothing is looked up
 * @throws UserError `bad-shell`
 */
export function resolveShell(shell: string | undefined, searchPath: string | null): Shell {
  const text = shell?.trim() ?? '';
  if (text === '') return defaultShell(searchPath);
  const known = BUILT_IN[text.toLowerCase()];
  if (known) return located(known, searchPath);
  return customShell(text, searchPath);
}

function defaultShell(searchPath: string | null): Shell {
  // SEM-14.10: nobody looks for bash in a container.
  if (searchPath === null) return located(PLAIN_SH, null);
  const candidates =
    process.platform === 'win32'
      ? [powershell('pwsh'), powershell('powershell')]
      : ['bash', 'sh'].map((program) => ({ program, args: ['-e', '{0}'], extension: '.sh' }));
  const found = candidates.find(({ program }) => findProgram(program, searchPath));
  return located(found ?? PLAIN_SH, searchPath);
}

/** A name with arguments gets none of the built-in's flags (SEM-16.3). */
function customShell(text: string, searchPath: string | null): Shell {
  const [program = '', ...args] = text.split(/\s+/);
  if (!args.some((argument) => argument.includes('{0}'))) {
    throw new UserError('bad-shell', `Invalid shell option '${text}'.`, {
      hint: `Use ${Object.keys(BUILT_IN).join(', ')}, or a command that holds {0} for the script.`,
    });
  }
  const extension = BUILT_IN[program.toLowerCase()]?.extension ?? '';
  return located({ program, args, extension }, searchPath);
}

function located(
  { program, args, extension, fixUp, verbatimArguments }: BuiltInShell,
  searchPath: string | null,
): Shell {
  const command = searchPath === null ? program : findProgram(program, searchPath);
  if (command === undefined) {
    throw new UserError('bad-shell', `The shell ${program} was not found on this runner's PATH.`);
  }
  return { command, args, extension, verbatimArguments, fixUp: fixUp ?? ((script) => script) };
}

/** The program's absolute path; undefined when PATH has none. */
export function findProgram(program: string, searchPath: string): string | undefined {
  if (isAbsolute(program)) return isExecutable(program) ? program : undefined;
  const names = process.platform === 'win32' ? [`${program}.exe`, `${program}.cmd`, program] : [program];
  for (const folder of searchPath.split(delimiter)) {
    if (folder === '') continue;
    for (const name of names) if (isExecutable(join(folder, name))) return join(folder, name);
  }
  return undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
