/** ARC's objects of a cluster, by the kubectl of the PATH, which knows every way to log in. It only reads. */
import { execFile } from 'node:child_process';
import { errorText, hasErrorCode, UserError } from '../../common/errors.ts';
import { inheritedEnvironment } from '../../common/settings.ts';
import { type ArcSource, isController, type Reference, referencesIn } from '../../fleet/import-arc/index.ts';
import type { Input } from '../command.ts';

const GROUPS = ['actions.summerwind.dev', 'actions.github.com'];
/** Those that others make are not asked for. */
const WRITTEN_BY_PEOPLE =
  /^(?:runners|runnerreplicasets|runnerdeployments|runnersets|horizontalrunnerautoscalers|autoscalingrunnersets)\./;
const MAX_OUTPUT_BYTES = 256 * 2 ** 20;
const TIMEOUT_MS = 120_000;

/**
 * @param tell called with a sentence where only a part can be read
 * @throws UserError when there is no kubectl, or it fails
 */
export async function readCluster(input: Input, tell: (sentence: string) => void): Promise<ArcSource[]> {
  const kubectl = connected(input);
  const lists = await Promise.all(
    GROUPS.map((group) =>
      kubectl(['api-resources', `--api-group=${group}`, '--namespaced', '--verbs=list', '-o', 'name']),
    ),
  );
  const plurals = lists
    .join('\n')
    .split('\n')
    .filter((name) => WRITTEN_BY_PEOPLE.test(name));
  if (plurals.length === 0) {
    throw new UserError('no-resources', 'The cluster has none of the kinds of Actions Runner Controller.');
  }
  const namespace = input.text('namespace');
  const where = namespace === undefined ? '--all-namespaces' : `--namespace=${namespace}`;
  const runners = liveSource(await kubectl(['get', plurals.join(','), where, '-o', 'json']));
  const controllers = await readControllers(kubectl, tell);
  if (!input.flag('secrets')) return [runners, ...controllers];
  const parts = await Promise.all(
    distinct(referencesIn(runners.value)).map(({ kind, name, namespace: home }) =>
      kubectl(['get', kind.toLowerCase(), name, `--namespace=${home}`, '--ignore-not-found', '-o', 'json']),
    ),
  );
  return [runners, ...controllers, ...parts.filter((text) => text.trim() !== '').map(liveSource)];
}

/** They run where nobody's runners are, and whoever may read runners need not be allowed to read there. */
async function readControllers(
  kubectl: (args: string[]) => Promise<string>,
  tell: (sentence: string) => void,
): Promise<ArcSource[]> {
  try {
    const list: { items?: unknown[] } = JSON.parse(
      await kubectl(['get', 'deployments', '--all-namespaces', '-o', 'json']),
    );
    return (list.items ?? []).filter(isController).map((one) => liveSource(JSON.stringify(one)));
  } catch (error) {
    tell(`The settings of ARC's controllers were not read. ${errorText(error)}`);
    return [];
  }
}

const liveSource = (text: string): ArcSource => ({ value: JSON.parse(text), placeOf: () => 'cluster', isLive: true });

const distinct = (references: Reference[]): Reference[] => [
  ...new Map(references.map((one) => [`${one.kind}/${one.namespace}/${one.name}`, one])).values(),
];

function connected(input: Input): (args: string[]) => Promise<string> {
  const [kubeconfig, context] = [input.text('kubeconfig'), input.text('context')];
  const connection = [
    ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
    ...(context === undefined ? [] : [`--context=${context}`]),
  ];
  return (args) => run([...connection, ...args]);
}

function run(args: string[]): Promise<string> {
  const options = { env: inheritedEnvironment(), maxBuffer: MAX_OUTPUT_BYTES, timeout: TIMEOUT_MS };
  return new Promise((resolve, reject) => {
    execFile('kubectl', args, options, (error, stdout, stderr) => {
      if (error) reject(failure(error, stderr));
      else resolve(stdout);
    });
  });
}

/** What kubectl says of itself holds no objects, and so no secrets. */
function failure(error: Error, stderr: string): UserError {
  if (hasErrorCode(error, 'ENOENT')) {
    return new UserError('no-kubectl', 'kubectl is not on the PATH, and clusters are read by it.', {
      hint: 'Install it, or give files by -f: kubectl get ... -o yaml > runners.yaml',
      cause: error,
    });
  }
  const [said = ''] = stderr.trim().split('\n').slice(-1);
  return new UserError('kubectl-failed', `kubectl failed: ${said || error.message}`, {
    hint: 'Try it by hand: kubectl get runnerdeployments --all-namespaces',
    cause: error,
  });
}
