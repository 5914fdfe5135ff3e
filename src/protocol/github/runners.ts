/** Self-hosted runners in GitHub's REST. Source: runner-protocol 1.6. */
import { z } from 'zod';

export const RunnerLabel = z.looseObject({
  id: z.number().int().optional(),
  name: z.string(),
  type: z.enum(['read-only', 'custom']).optional(),
});
export type RunnerLabel = z.infer<typeof RunnerLabel>;

export const Runner = z.looseObject({
  id: z.number().int(),
  name: z.string(),
  os: z.string(),
  status: z.enum(['online', 'offline']),
  busy: z.boolean(),
  ephemeral: z.boolean().optional(),
  runner_group_id: z.number().int().optional(),
  labels: z.array(RunnerLabel),
});
export type Runner = z.infer<typeof Runner>;

export const RunnerPage = z.looseObject({ total_count: z.number().int(), runners: z.array(Runner) });
export type RunnerPage = z.infer<typeof RunnerPage>;

/** Body of `POST {scope}/actions/runners/generate-jitconfig`. No default labels are added to these. */
export const GenerateJitConfigRequest = z.looseObject({
  name: z.string().min(1).max(64),
  runner_group_id: z.number().int().positive(),
  labels: z.array(z.string().min(1).max(256)).min(1).max(100),
  work_folder: z.string().min(1).max(1024).optional(),
});
export type GenerateJitConfigRequest = z.infer<typeof GenerateJitConfigRequest>;

export const GenerateJitConfigResponse = z.looseObject({ runner: Runner, encoded_jit_config: z.string() });
export type GenerateJitConfigResponse = z.infer<typeof GenerateJitConfigResponse>;

export const RegistrationToken = z.looseObject({ token: z.string(), expires_at: z.string() });
export type RegistrationToken = z.infer<typeof RegistrationToken>;

export * from './runner-scope.ts';
