import { type Command, UsageError } from '../command.ts';
import { actionOf } from './words.ts';

const ACTIONS = ['arc'] as const;
/** Those whose effect on fields is known without a fleet. */
const BACKENDS = ['process', 'docker'];

export const importCommand: Command = {
  name: 'import',
  summary: "say what becomes of another system's runners here, and write their YAML",
  description:
    'Reads the YAML of Actions Runner Controller, either generation: resources, what helm template prints, values of\n' +
    'its charts, or what a cluster has. Says object by object what carries over, what is done in another way, what has\n' +
    'no effect and what is missing. Exit code 1 when something is lost or missing. Values of Secrets are never printed;\n' +
    'they are in the written file, which only you may read.',
  arguments: [{ name: 'action', what: 'what to import from', required: true, choices: ACTIONS }],
  options: [
    { flags: '-f, --filename <file>', what: 'YAML file, or folder of such; - for standard input', repeat: true },
    { flags: '--kubeconfig <file>', what: 'read the cluster that it names, by kubectl' },
    { flags: '--context <name>', what: 'context of the kubeconfig' },
    { flags: '-n, --namespace <name>', what: 'of the cluster: only this namespace' },
    { flags: '--secrets', what: 'of the cluster: the Secrets and ConfigMaps that runners refer to, too' },
    { flags: '--release <name>', what: 'name that helm was given, for values of a chart' },
    { flags: '--backend <name>', what: 'where runners are to be started', choices: BACKENDS },
    { flags: '-o, --output <file>', what: 'write what "switchyard apply" takes' },
    { flags: '--json', what: 'as one JSON object, without the YAML' },
  ],
  examples: [
    { what: 'files', command: 'switchyard import arc -f runners/ --backend docker -o switchyard.yaml' },
    { what: 'a cluster', command: 'switchyard import arc --kubeconfig ~/.kube/config --context ci -o switchyard.yaml' },
    { what: "a chart's output", command: 'helm template arc-runner-set oci://… | switchyard import arc -f -' },
  ],
  async run(input, terminal) {
    actionOf(input, ACTIONS);
    const files = input.list('filename');
    const isCluster = input.text('kubeconfig') !== undefined || input.text('context') !== undefined;
    if (files.length === 0 && !isCluster)
      throw new UsageError('Name files by -f, or a cluster by --kubeconfig or --context.');
    if (files.length > 0 && isCluster) throw new UsageError('Give either files or a cluster.');
    const { runImport } = await import('../import/run-import.ts');
    return runImport(files, input, terminal);
  },
};
