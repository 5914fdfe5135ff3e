import { UserError } from '../../common/errors.ts';
import { connectionOptions, findEndpoint } from '../client/endpoints.ts';
import type { FleetClient } from '../client/fleet-client.ts';
import type { Kind } from '../client/fleet-kinds.ts';
import { RefusedObject } from '../client/http.ts';
import type { Manifest } from '../client/manifests.ts';
import { type Command, UsageError } from '../command.ts';
import { EXIT } from '../failure.ts';
import { printLine, type Terminal } from '../terminal/terminal.ts';
import { namespaceOf, namespaceOption } from './options.ts';

export const applyCommand: Command = {
  name: 'apply',
  summary: 'create or change runners from YAML',
  description: 'Takes the files of Actions Runner Controller as they are, several documents in one too.',
  arguments: [],
  options: [
    { flags: '-f, --filename <file>', what: 'YAML or JSON file; - for standard input', repeat: true },
    namespaceOption,
    ...connectionOptions('fleet'),
  ],
  examples: [{ what: 'keep two runners', command: 'switchyard apply -f examples/runners.yaml' }],
  async run(input, terminal) {
    const files = input.list('filename');
    if (files.length === 0) throw new UsageError('Name a file by -f FILE, or -f - for standard input.');
    const { readManifests } = await import('../client/manifests.ts');
    const { FleetClient } = await import('../client/fleet-client.ts');
    const manifests = (await Promise.all(files.map(readManifests))).flat();
    const client = new FleetClient(await findEndpoint('fleet', input), namespaceOf(input));
    const kinds = await client.kinds();
    // A kind that is not known keeps everything from being applied: the file is for something else.
    const known = manifests.map((manifest) => ({ manifest, kind: kinds.ofManifest(manifest) }));
    let code: number = EXIT.done;
    for (const { kind, manifest } of known) if (!(await applyOne(client, kind, manifest, terminal))) code = EXIT.failed;
    return code;
  },
};

/** One wrong resource does not keep the others from being applied, as with kubectl. */
async function applyOne(
  client: FleetClient,
  kind: Kind,
  { resource, placeOf }: Manifest,
  { out, err, colors }: Terminal,
): Promise<boolean> {
  const name = `${kind.singular}/${resource.metadata.name}`;
  try {
    const { outcome, warnings } = await client.apply(kind, resource);
    for (const warning of warnings) printLine(err, `${colors.yellow('warning:')} ${name}: ${warning}`);
    printLine(out, `${name} ${outcome}`);
    return true;
  } catch (error) {
    if (!(error instanceof UserError) || error.code === 'unreachable') throw error;
    const causes = error instanceof RefusedObject ? error.causes : [{ field: '', message: error.message }];
    for (const { field, message } of causes) {
      printLine(err, `${colors.red('error:')} ${placeOf(field)}: ${name}: ${field ? `${field}: ` : ''}${message}`);
    }
    return false;
  }
}
