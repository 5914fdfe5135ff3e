import { UserError } from '../../common/errors.ts';
import type { Runner, Wall } from '../../protocol/dashboard/index.ts';
import { describeOpenings } from '../../workflow/routing.ts';
import { connectionOptions, findEndpoint } from '../client/endpoints.ts';
import { ServerClient, type Walled } from '../client/server-client.ts';
import { type Command, type Input, UsageError } from '../command.ts';
import { EXIT } from '../failure.ts';
import { safeText } from '../terminal/format.ts';
import { printLine } from '../terminal/terminal.ts';
import { actionOf } from './words.ts';

const ACTIONS = ['set', 'show', 'remove'] as const;

export const wallCommand: Command = {
  name: 'wall',
  summary: 'keep a runner or a group of runners for some jobs',
  description:
    'Behind a wall a runner takes only jobs that name one of its exclusive labels, or come from one of the environments, refs or workflows. One of all these is enough. set replaces the wall that there is.',
  arguments: [
    { name: 'action', what: ACTIONS.join(', '), required: true, choices: ACTIONS },
    { name: 'runner', what: 'name or number of the runner' },
  ],
  options: [
    { flags: '--group <name>', what: 'the wall of this runner group, in the place of a runner' },
    { flags: '--label <label>', what: 'a job that names this label may come in', repeat: true },
    { flags: '--environment <name>', what: 'a job that deploys to this environment may', repeat: true },
    { flags: '--ref <glob>', what: 'a job of a run for such a branch or tag may', repeat: true },
    { flags: '--workflow <file>', what: 'a job of this file may: [OWNER/NAME/]PATH[@REF]', repeat: true },
    { flags: '--json', what: 'print the wall as one JSON object' },
    ...connectionOptions('server'),
  ],
  examples: [
    {
      what: 'only what asks for production gets on its runner',
      command: 'switchyard wall set api-prod --label api-prod --environment production',
    },
    {
      what: 'runners of a group deploy releases alone, also those that join later',
      command: "switchyard wall set --group servers --ref 'refs/tags/v*'",
    },
    { what: 'whom a runner is kept for', command: 'switchyard wall show api-prod' },
    { what: 'anybody again', command: 'switchyard wall remove api-prod' },
  ],
  async run(input, { out }) {
    const action = actionOf(input, ACTIONS);
    checkOptions(input, action);
    const wanted = action === 'set' ? wallOf(input) : null;
    const client = new ServerClient(await findEndpoint('server', input));
    const subject = await subjectOf(client, input);
    if (action === 'remove') await client.removeWall(subject.walled);
    const { wall } = wanted ? await client.setWall(subject.walled, wanted) : await client.wall(subject.walled);
    printLine(out, input.flag('json') ? JSON.stringify({ wall }) : sentence(subject.name, wall));
    return EXIT.done;
  },
};

function checkOptions(input: Input, action: (typeof ACTIONS)[number]): void {
  const hasRunner = input.argument(1) !== undefined;
  if (hasRunner === (input.text('group') !== undefined))
    throw new UsageError('Name a runner, or a group with --group.');
  const isEmpty = Object.values(wallOf(input)).every((names) => names.length === 0);
  if (action === 'set' && isEmpty) {
    throw new UsageError('Say who may come in: with --label, --environment, --ref or --workflow.');
  }
  if (action !== 'set' && !isEmpty) throw new UsageError('--label, --environment, --ref and --workflow go with set.');
}

const wallOf = (input: Input): Wall => ({
  labels: input.list('label'),
  environments: input.list('environment'),
  refs: input.list('ref'),
  workflows: input.list('workflow'),
});

async function subjectOf(client: ServerClient, input: Input): Promise<{ name: string; walled: Walled }> {
  const group = input.text('group');
  if (group !== undefined) return { name: `The group ${group}`, walled: { group } };
  const { id, name } = await runnerNamed(client, input.argument(1) ?? '');
  return { name, walled: { runner: id } };
}

async function runnerNamed(client: ServerClient, word: string): Promise<Runner> {
  const { runners } = await client.runners();
  const [found, second] = runners.filter(({ id, name }) => name === word || String(id) === word);
  if (!found) {
    const names = runners.map(({ name }) => name).join(', ');
    throw new UserError('no-such-runner', `There is no runner "${word}".`, {
      hint: names === '' ? 'None is registered.' : `There are ${names}.`,
    });
  }
  if (!second) return found;
  throw new UserError('no-such-runner', `Several runners are named "${word}".`, {
    hint: `Give the number of one: ${found.id}, ${second.id}.`,
  });
}

function sentence(name: string, wall: Wall | null): string {
  if (wall === null) return `${safeText(name)} stands behind no wall.`;
  return `${safeText(name)} stands behind a wall: a job must ${safeText(describeOpenings(wall))}.`;
}
