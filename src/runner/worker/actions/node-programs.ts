/** The Node that runs JavaScript actions. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { StepContext } from '../step-context.ts';

/** Old versions run on the oldest that is still brought, as on GitHub (SEM-17.2). */
const BROUGHT: Record<string, string> = { node12: 'node20', node16: 'node20', node20: 'node20', node24: 'node24' };

/** @param version `node20`, as the action's manifest says */
export async function nodeProgram(context: StepContext, version: string): Promise<string> {
  const brought = BROUGHT[version];
  const own = brought && join(context.job.runner.root, 'externals', brought, 'bin', 'node');
  if (own && existsSync(own)) return context.job.host.nodeProgram(own);
  const running = Number(process.versions.node.split('.')[0]);
  if (brought !== `node${running}`) {
    context.output.warning(
      `This action asks for ${version}; the runner has none and uses its own Node ${process.versions.node}.`,
    );
  }
  return context.job.host.nodeProgram(process.execPath);
}
