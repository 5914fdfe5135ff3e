/** The Node that runs JavaScript actions (SEM-17.2). */
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorText } from '../../../common/errors.ts';
import { booleanSetting } from '../../../common/settings.ts';
import type { BroughtNode } from '../../externals/pinned-nodes.ts';
import type { JobState } from '../job-state.ts';
import type { StepContext } from '../step-context.ts';
import type { StepHost } from '../step-host.ts';
import type { StepOutput } from '../step-output.ts';

/** Old versions run on the oldest that is still brought, as on GitHub. */
const BROUGHT: Record<string, BroughtNode> = {
  node12: 'node20',
  node16: 'node20',
  node20: 'node20',
  node24: 'node24',
};
/** A registry that could not be reached is not asked again by every job. */
const ASK_AGAIN_MS = 10 * 60_000;

/** @param version `node20`, as the action's manifest says */
export async function nodeProgram(context: StepContext, version: string): Promise<string> {
  const { job, output, signal } = context;
  const brought = BROUGHT[version];
  if (brought !== undefined && brought !== version) {
    output.warning(`This action asks for ${version}, which is no longer supported; it runs on ${brought}.`);
  }
  const program = brought && (await provideNode(job, brought, output, signal));
  if (program && isSeen(program, job.host)) return job.host.nodeProgram(program);
  output.warning(
    `This action asks for ${version}; the runner has none and uses its own Node ${process.versions.node}.`,
  );
  return job.host.nodeProgram(process.execPath);
}

/** A container sees what was there when it started. */
const isSeen = (program: string, host: StepHost): boolean => !host.isContainer || host.inside(program) !== program;

/** Fetched before the job's container starts, which gets them mounted. @param versions that its actions ask for */
export async function provideNodes(
  job: JobState,
  versions: Iterable<string>,
  output: StepOutput,
  signal: AbortSignal,
): Promise<void> {
  const wanted = new Set([...versions].flatMap((version) => BROUGHT[version] ?? []));
  for (const node of wanted) await provideNode(job, node, output, signal);
}

/** The runner's own Node where that is the one, else the one in `externals`, fetched at its first use. */
async function provideNode(
  { runner, inherited }: JobState,
  node: BroughtNode,
  output: StepOutput,
  signal: AbortSignal,
): Promise<string | undefined> {
  const own = join(runner.root, 'externals', node, 'bin', 'node');
  if (existsSync(own)) return own;
  if (node === `node${process.versions.node.split('.')[0]}`) return process.execPath;
  const { fetchNode, programOf } = await import('../../externals/fetch-node.ts');
  const folder = runner.externals;
  const shared = programOf(folder, node);
  if (!booleanSetting('fetchNode') || hasFailedLately(folder, node)) return existsSync(shared) ? shared : undefined;
  const startedAt = Date.now();
  let fetched = '';
  try {
    const onFetch = (what: string): void => {
      fetched = what;
      output.print(`Fetching ${what} for JavaScript actions, once for all runners of this machine`);
    };
    const program = await fetchNode(node, { folder, environment: inherited, signal, onFetch });
    if (fetched) output.print(`${fetched} is there after ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
    return program;
  } catch (error) {
    signal.throwIfAborted();
    output.warning(errorText(error));
    noteFailure(folder, node);
    return existsSync(shared) ? shared : undefined;
  }
}

const failureFile = (folder: string, node: BroughtNode): string => join(folder, `.${node}.failed`);

function hasFailedLately(folder: string, node: BroughtNode): boolean {
  const failed = statSync(failureFile(folder, node), { throwIfNoEntry: false });
  return failed !== undefined && Date.now() - failed.mtimeMs < ASK_AGAIN_MS;
}

function noteFailure(folder: string, node: BroughtNode): void {
  try {
    writeFileSync(failureFile(folder, node), '');
  } catch {
    // A folder that cannot be written: the next job says so again.
  }
}
