/** Registering one runner of a scale set. */
import {
  findAgent,
  generateScaleSetJitConfig,
  isRefused,
  removeAgent,
  type ScaleSetConnection,
  type ScaleSetRunner,
} from '../../github/scale-sets/index.ts';
import { WORK_FOLDER } from '../backends/types.ts';
import type { EphemeralRunner } from '../resources/ephemeral-runner.ts';

/** NEW-8. @returns undefined when the name belongs to a runner of another scale set, or to one that works */
export async function registerForSet(
  connection: ScaleSetConnection,
  runner: EphemeralRunner,
  signal: AbortSignal,
): Promise<ScaleSetRunner | undefined> {
  const { name } = runner.metadata;
  const { runnerScaleSetId: setId } = runner.spec;
  const generate = () => generateScaleSetJitConfig(connection, setId, { name, workFolder: WORK_FOLDER }, signal);
  return generate().catch(async (error: unknown) => {
    if (!isRefused(error, 'AgentExistsException')) throw error;
    const isFree = await removeStale(connection, name, setId, signal);
    return isFree ? generate() : undefined;
  });
}

/** Our name is taken by a registration that a crash between the service's answer and our note of it left behind. */
async function removeStale(
  connection: ScaleSetConnection,
  name: string,
  scaleSetId: number,
  signal: AbortSignal,
): Promise<boolean> {
  const agent = await findAgent(connection, name, signal);
  if (!agent) return true;
  if (agent.runnerScaleSetId !== scaleSetId) return false;
  const answer = await removeAgent(connection, agent.id, signal);
  return answer === 'removed' || answer === 'absent';
}
