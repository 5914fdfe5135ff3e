import { type Command, UsageError } from '../command.ts';
import { EXIT } from '../failure.ts';
import { printLine } from '../terminal/terminal.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/** @param table given late: the table holds this command too */
export const completionCommand = (table: () => Command[]): Command => ({
  name: 'completion',
  summary: 'print the completion for a shell',
  arguments: [{ name: 'shell', what: SHELLS.join(', '), required: true, choices: SHELLS }],
  options: [],
  examples: [
    { what: 'bash, in ~/.bashrc', command: 'source <(switchyard completion bash)' },
    { what: 'zsh, in ~/.zshrc', command: 'source <(switchyard completion zsh)' },
    { what: 'fish', command: 'switchyard completion fish > ~/.config/fish/completions/switchyard.fish' },
  ],
  async run(input, { out }) {
    const shell = SHELLS.find((known) => known === input.argument(0));
    if (!shell)
      throw new UsageError(`There is no completion for "${input.argument(0)}"; there is for ${SHELLS.join(', ')}.`);
    printLine(out, completionScript(shell, table()));
    return EXIT.done;
  },
});

export function completionScript(shell: Shell, table: Command[]): string {
  if (shell === 'fish') return fishScript(table);
  // zsh understands bash's functions; only the loading differs.
  const prelude = shell === 'zsh' ? 'autoload -U +X bashcompinit && bashcompinit\n' : '';
  return prelude + bashScript(table);
}

function bashScript(table: Command[]): string {
  const cases = table.map((command) => `    ${command.name}) words="${wordsOf(command).join(' ')}" ;;`);
  return `_switchyard() {
  local words current="\${COMP_WORDS[COMP_CWORD]}"
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words="${table.map(({ name }) => name).join(' ')} help --help --version"; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _switchyard switchyard`;
}

function fishScript(table: Command[]): string {
  const lines = ['complete -c switchyard -n __fish_use_subcommand -f'];
  for (const command of table) {
    lines.push(`complete -c switchyard -n __fish_use_subcommand -a ${command.name} -d '${quote(command.summary)}'`);
    const seen = `'__fish_seen_subcommand_from ${command.name}'`;
    for (const { flags, what } of command.options) {
      const [, short] = /(?:^|\s)-(\w)\b/.exec(flags) ?? [];
      const [, long] = /--([\w-]+)/.exec(flags) ?? [];
      const value = flags.includes('<') ? ' -r' : '';
      lines.push(
        `complete -c switchyard -n ${seen}${short ? ` -s ${short}` : ''} -l ${long}${value} -d '${quote(what)}'`,
      );
    }
    const choices = command.arguments.flatMap((argument) => argument.choices ?? []);
    if (choices.length > 0) lines.push(`complete -c switchyard -n ${seen} -a '${choices.join(' ')}'`);
  }
  return lines.join('\n');
}

function wordsOf(command: Command): string[] {
  const flags = command.options.flatMap(({ flags }) => flags.match(/--?[\w-]+/g) ?? []);
  return [
    ...command.arguments.flatMap(({ choices = [] }) => choices),
    ...flags.filter((flag) => flag.startsWith('-')),
    '--help',
  ];
}

const quote = (text: string): string => text.replace(/['\\]/g, '\\$&');
