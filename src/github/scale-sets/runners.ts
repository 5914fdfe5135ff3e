/** Runners of a scale set: their JIT configs, and their removal (runner-protocol 10.2). */
import { z } from 'zod';
import { OutsideError } from '../../common/errors.ts';
import type { RemovalAnswer } from '../self-hosted-runners.ts';
import type { ScaleSetConnection } from './connection.ts';
import { isRefused, ScaleSetRefusal } from './refusal.ts';

const Agent = z.looseObject({
  id: z.number().int(),
  name: z.string(),
  runnerScaleSetId: z
    .number()
    .int()
    .nullish()
    .transform((id) => id ?? 0),
});
export type Agent = z.infer<typeof Agent>;

const AgentList = z.looseObject({ value: z.array(Agent) });
const JitConfig = z.looseObject({ runner: Agent, encodedJITConfig: z.string().min(1) });

const AGENTS = 'distributedtask/pools/0/agents';

export interface ScaleSetRunner {
  id: number;
  /** Secret, for one runner and one job. */
  jitConfig: string;
}

/** @throws ScaleSetRefusal `AgentExistsException` when the name is taken */
export async function generateScaleSetJitConfig(
  connection: ScaleSetConnection,
  scaleSetId: number,
  { name, workFolder }: { name: string; workFolder: string },
  signal?: AbortSignal,
): Promise<ScaleSetRunner> {
  const path = `runtime/runnerscalesets/${scaleSetId}/generatejitconfig`;
  const answer = await connection.request(JitConfig, { method: 'POST', path, body: { name, workFolder } }, signal);
  return { id: answer.runner.id, jitConfig: answer.encodedJITConfig };
}

export async function findAgent(
  connection: ScaleSetConnection,
  name: string,
  signal?: AbortSignal,
): Promise<Agent | undefined> {
  const path = `${AGENTS}?agentName=${encodeURIComponent(name)}`;
  const { value } = await connection.request(AgentList, { path }, signal);
  return value.find((agent) => agent.name.toLowerCase() === name.toLowerCase());
}

/** The lock of every scale-down, as `removeRunner` is in REST: after `removed` or `absent` it never gets a job (NEW-5). */
export async function removeAgent(
  connection: ScaleSetConnection,
  id: number,
  signal?: AbortSignal,
): Promise<RemovalAnswer> {
  try {
    await connection.send({ method: 'DELETE', path: `${AGENTS}/${id}` }, signal);
    return 'removed';
  } catch (error) {
    if (isRefused(error, 'JobStillRunningException')) return 'busy';
    if (isRefused(error, 'AgentNotFoundException')) return 'absent';
    const status = error instanceof OutsideError ? error.status : undefined;
    if (status === 404 && error instanceof ScaleSetRefusal) return 'absent';
    if (status === 403) return 'forbidden';
    throw error;
  }
}
