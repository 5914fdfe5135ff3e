import { connectionOptions, findEndpoint } from '../client/endpoints.ts';
import { type Command, type Input, UsageError } from '../command.ts';
import { ownerAndName } from './words.ts';

const FORMATS = ['text', 'json', 'sarif', 'github'] as const;
type Format = (typeof FORMATS)[number];

export const lintCommand: Command = {
  name: 'lint',
  summary: 'say what is wrong in workflow files, before a push does',
  description:
    'Checks every workflow of a repository, or one file: syntax, expressions, what jobs read of each other, script\n' +
    'injection, and, with a list of runners, which runners could take each job: also those that nobody means.\n' +
    'A comment "# switchyard: ignore RULE reason" silences a rule on its line and the next. Exit code 1 when there is\n' +
    'an error; warnings and notices do not count. All rules with examples: docs/lint.md.',
  arguments: [{ name: 'path', what: 'a repository, a folder in it, or one workflow file (default: this folder)' }],
  options: [
    { flags: '--runners <file>', what: "the self-hosted runners, as GitHub's REST lists them; - for standard input" },
    ...connectionOptions('server').map((option) =>
      option.flags.startsWith('--server') ? { ...option, what: 'the server to ask for the runners' } : option,
    ),
    { flags: '-R, --repository <owner/name>', what: 'the repository (default: as at the remote named origin)' },
    { flags: '--format <format>', what: 'how to print (default: text)', choices: FORMATS },
    { flags: '--json', what: 'the same as --format json' },
    { flags: '--enable <rule>', what: 'also this rule, which is off by default', repeat: true },
    { flags: '--disable <rule>', what: 'without this rule', repeat: true },
    { flags: '--rules', what: 'print the rules and end' },
  ],
  examples: [
    { what: 'this repository', command: 'switchyard lint' },
    {
      what: 'which runners could take each job',
      command: 'gh api repos/OWNER/REPO/actions/runners | switchyard lint --runners -',
    },
    { what: 'as annotations, in a job', command: 'switchyard lint --format github' },
    { what: 'for code scanning', command: 'switchyard lint --format sarif > lint.sarif' },
  ],
  async run(input, terminal) {
    const { lintCheckout, printRules } = await import('../lint/lint-checkout.ts');
    if (input.flag('rules')) return printRules(terminal);
    const runners = input.text('runners');
    if (runners !== undefined && input.text('server') !== undefined) {
      throw new UsageError('Give either --runners or --server.');
    }
    return lintCheckout(
      {
        path: input.argument(0) ?? '.',
        runnersFile: runners,
        endpoint: input.text('server') === undefined ? undefined : await findEndpoint('server', input),
        repository: repositoryOf(input),
        format: formatOf(input),
        enabled: input.list('enable'),
        disabled: input.list('disable'),
      },
      terminal,
    );
  },
};

function formatOf(input: Input): Format {
  const format = FORMATS.find((known) => known === input.text('format'));
  if (format !== undefined && format !== 'json' && input.flag('json')) {
    throw new UsageError(`--json and --format ${format} contradict each other.`);
  }
  return input.flag('json') ? 'json' : (format ?? 'text');
}

function repositoryOf(input: Input): string | undefined {
  const repository = input.text('repository');
  if (repository !== undefined) ownerAndName(repository);
  return repository;
}
