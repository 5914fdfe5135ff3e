import { type Command, type Input, UsageError } from '../command.ts';

export const planCommand: Command = {
  name: 'plan',
  summary: 'show what an event would start: jobs, conditions, runners, without running anything',
  description:
    'Says for each workflow file whether the event starts it and by which filter, and lists its jobs after matrix\n' +
    'expansion, those of called workflows too. A job whose evaluation must wait for others is shown as "after" them,\n' +
    'unless --needs says what became of them. Nothing is sent anywhere. Exit code 1 when a file has errors; a file that\n' +
    'the event does not start is no error.',
  arguments: [{ name: 'file', what: 'a workflow file; - for standard input', required: true, repeat: true }],
  options: [
    { flags: '-e, --event <name>', what: 'the event (default: push; workflow_dispatch with --input)' },
    { flags: '--payload <file>', what: "JSON file with the event's payload, as a webhook brings it" },
    { flags: '--activity <type>', what: 'activity type, such as opened (default: action of the payload)' },
    { flags: '--ref <ref>', what: "branch, or full ref, of the run (default: the payload's, else its default branch)" },
    { flags: '--sha <sha>', what: "commit of the run (default: the payload's)" },
    { flags: '--changed-files <list>', what: 'paths for path filters, with commas between; @FILE for one a line' },
    { flags: '--input <name=value>', what: 'input of workflow_dispatch', repeat: true },
    { flags: '--var <name=value>', what: 'configuration variable', repeat: true },
    { flags: '--needs <file>', what: 'JSON file with results: {"build": {"result": "success", "outputs": {}}}' },
    { flags: '--json', what: 'as one JSON object: docs/reference/plan-json.md' },
  ],
  examples: [
    { what: 'what a push to main starts', command: 'switchyard plan .github/workflows/*.yml --ref main' },
    {
      what: 'a tag',
      command: 'switchyard plan .github/workflows/deploy.yml --ref refs/tags/v1.2.3',
    },
    {
      what: 'a pull request from a webhook',
      command: 'switchyard plan ci.yml --event pull_request --payload pull-request.json',
    },
    { what: 'started by hand', command: 'switchyard plan deploy.yml --input environment=staging' },
  ],
  async run(input, terminal) {
    const inputs = input.pairs('input');
    const event = eventOf(input, Object.keys(inputs).length > 0);
    const { readJsonObject } = await import('../files/json-file.ts');
    const { planFiles } = await import('../plan/plan-files.ts');
    const [payload, needs] = [input.text('payload'), input.text('needs')];
    return planFiles(
      {
        files: input.arguments(),
        event: {
          name: event,
          payload: payload === undefined ? {} : await readJsonObject(payload, 'payload'),
          activity: input.text('activity'),
          ref: input.text('ref'),
          sha: input.text('sha'),
          changedFiles: await changedFiles(input.text('changedFiles')),
        },
        inputs,
        vars: input.pairs('var'),
        results: needs === undefined ? {} : await readJsonObject(needs, 'results'),
        json: input.flag('json'),
      },
      terminal,
    );
  },
};

function eventOf(input: Input, hasInputs: boolean): string {
  const event = input.text('event') ?? (hasInputs ? 'workflow_dispatch' : 'push');
  if (!/^[a-z_]+$/.test(event)) throw new UsageError(`"${event}" is not the name of an event.`);
  if (hasInputs && event !== 'workflow_dispatch') {
    throw new UsageError('--input is only for the event workflow_dispatch.');
  }
  return event;
}

async function changedFiles(given: string | undefined): Promise<string[] | undefined> {
  if (given === undefined) return undefined;
  const { readInput } = await import('../files/json-file.ts');
  const text = given.startsWith('@') ? await readInput(given.slice(1), 'list of changed files') : given;
  const paths = text.split(given.startsWith('@') ? '\n' : ',');
  return paths.map((path) => path.trim()).filter((path) => path !== '');
}
