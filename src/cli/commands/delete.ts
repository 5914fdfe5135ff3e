import { connectionOptions, findEndpoint } from '../client/endpoints.ts';
import { FleetClient } from '../client/fleet-client.ts';
import { type FleetKinds, KIND_WORDS, type Kind } from '../client/fleet-kinds.ts';
import { type Command, type Input, UsageError } from '../command.ts';
import { EXIT } from '../failure.ts';
import { printLine } from '../terminal/terminal.ts';
import { namespaceOf, namespaceOption } from './options.ts';

export const deleteCommand: Command = {
  name: 'delete',
  summary: 'delete runners or what keeps them',
  description: 'Runners that have a job end it first.',
  arguments: [
    { name: 'kind', what: 'such as rdeploy, hra or runner', choices: KIND_WORDS },
    { name: 'name', what: 'its name' },
  ],
  options: [
    { flags: '-f, --filename <file>', what: 'delete what this file names; - for standard input', repeat: true },
    namespaceOption,
    ...connectionOptions('fleet'),
  ],
  examples: [
    { what: 'by name', command: 'switchyard delete rdeploy example' },
    { what: 'what a file applied', command: 'switchyard delete -f examples/runners.yaml' },
  ],
  async run(input, { out }) {
    const resolve = await targetsOf(input);
    const client = new FleetClient(await findEndpoint('fleet', input), namespaceOf(input));
    for (const { kind, name, namespace } of resolve(await client.kinds())) {
      await client.delete(kind, name, namespace);
      printLine(out, `${kind.singular}/${name} deleted`);
    }
    return EXIT.done;
  },
};

interface Target {
  kind: Kind;
  name: string;
  namespace?: string;
}

/** What to delete, once the fleet's kinds are known. A wrong call or file is found before the fleet is asked. */
async function targetsOf(input: Input): Promise<(kinds: FleetKinds) => Target[]> {
  const files = input.list('filename');
  const [kind, name] = [input.argument(0), input.argument(1)];
  if (files.length > 0 && kind === undefined) {
    const { readManifests } = await import('../client/manifests.ts');
    const manifests = (await Promise.all(files.map(readManifests))).flat();
    return (kinds) =>
      manifests.map((manifest) => {
        const { name, namespace } = manifest.resource.metadata;
        return { kind: kinds.ofManifest(manifest), name, namespace };
      });
  }
  if (files.length === 0 && kind !== undefined && name !== undefined) {
    return (kinds) => [{ kind: kinds.named(kind), name }];
  }
  throw new UsageError('Give either KIND NAME or -f FILE.');
}
