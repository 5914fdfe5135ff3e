/** Lines between the fleet and an external program that is a backend (docs/reference/backend-protocol.md). */
import { z } from 'zod';

export const PROTOCOL_VERSION = 1;

/** Bounds a line of the program, and with it what a program that prints garbage may take of our memory. */
export const MAX_LINE = 8 * 1024 * 1024;

const ExternalExit = z.looseObject({
  code: z.int().optional(),
  signal: z.string().optional(),
  ranMs: z.number().min(0).optional(),
  reason: z.string().max(1_000).optional(),
  output: z.string().default(''),
});

export const Hello = z.looseObject({
  version: z.literal(PROTOCOL_VERSION),
  systemLabels: z.array(z.string().min(1).max(256)).max(20),
  /** Fields of a RunnerSpec that it can honour. */
  honours: z.array(z.string()),
});
export type Hello = z.infer<typeof Hello>;

const ExternalInstance = z.looseObject({
  name: z.string().min(1),
  resumable: z.boolean().default(false),
  exit: ExternalExit.optional(),
});
export const InstanceList = z.looseObject({ instances: z.array(ExternalInstance) });

export const ExitEvent = z.object({ event: z.literal('exit'), name: z.string(), exit: ExternalExit });
export type ExitEvent = z.infer<typeof ExitEvent>;

/** An error that is none of ours is no result either. */
const Result = z.object({ id: z.int(), result: z.unknown(), error: z.never().optional() });
const Failure = z.object({
  id: z.int(),
  error: z.looseObject({ message: z.string().min(1).max(2_000), retryable: z.boolean().default(true) }),
});
export type Answer = z.infer<typeof Failure> | z.infer<typeof Result>;

/** What a program may print. */
export const ProgramLine = z.union([ExitEvent, Failure, Result]);
export type ProgramLine = z.infer<typeof ProgramLine>;

export type Method = 'hello' | 'start' | 'stop' | 'remove' | 'list';
