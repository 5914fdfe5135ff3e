/** What the engine knows about the containers of a fleet. */
import type { Exit } from '../types.ts';
import { type Engine, EngineFailed } from './engine.ts';
import { filtersOf, LABELS } from './names.ts';

export interface Inspected {
  Id: string;
  /** Of `docker container inspect`; times are RFC 3339 with nanoseconds. */
  State: { Running: boolean; ExitCode: number; OOMKilled: boolean; StartedAt: string; FinishedAt: string };
  /** Bytes; 0 without a limit. */
  Memory: number;
}

/** Of `docker ps`. */
export interface Listed {
  ID: string;
  instance: string;
  part: string;
  State: string;
}

const FORMAT = `{"ID":{{json .ID}},"State":{{json .State}},"instance":{{json (.Label "${LABELS.instance}")}},"part":{{json (.Label "${LABELS.part}")}}}`;

/** All containers of the fleet, or of one of its instances. */
export const listContainers = (engine: Engine, owner: { fleet: string; instance?: string }): Promise<Listed[]> =>
  engine.lines<Listed>(['ps', '--all', '--no-trunc', ...filtersOf(owner), '--format', FORMAT]);

/** Names of the fleet's volumes, each with its instance. Claims are nobody's, and not among them. */
export const listVolumes = (
  engine: Engine,
  owner: { fleet: string; instance?: string },
): Promise<{ name: string; instance: string }[]> => {
  const format = `{"name":{{json .Name}},"instance":{{json (.Label "${LABELS.instance}")}}}`;
  return engine.lines([
    'volume',
    'ls',
    ...filtersOf(owner),
    '--filter',
    `label=${LABELS.instance}`,
    '--format',
    format,
  ]);
};

const INSPECTED = '{"Id":{{json .Id}},"State":{{json .State}},"Memory":{{.HostConfig.Memory}}}';

/** Undefined when there is no such container any more. */
export async function inspectContainer(engine: Engine, id: string): Promise<Inspected | undefined> {
  try {
    const [found] = await engine.lines<Inspected>(['container', 'inspect', '--format', INSPECTED, id]);
    return found;
  } catch (error) {
    if (error instanceof EngineFailed && error.isAbsence) return undefined;
    throw error;
  }
}

/** 128 + SIGKILL */
const KILLED = 137;

/**
 * How a container ended. @param isAsked the fleet has stopped it
 * @param killSignal that a Docker command sent, where one is known of
 */
export function exitOf(
  { State: state, Memory: memory }: Inspected,
  { output, isAsked, killSignal }: { output: string; isAsked: boolean; killSignal: string | undefined },
): Exit {
  const ranMs = Date.parse(state.FinishedAt) - Date.parse(state.StartedAt);
  // A container that was never started ended in year 1.
  const hasRun = ranMs >= 0 && Date.parse(state.StartedAt) > 0;
  const reason = isAsked || !hasRun ? undefined : killReason(state, memory, killSignal);
  return { ...(hasRun ? { code: state.ExitCode, ranMs } : {}), ...(reason ? { reason } : {}), output };
}

function killReason(
  { ExitCode, OOMKilled }: Inspected['State'],
  memory: number,
  killSignal: string | undefined,
): string | undefined {
  if (ExitCode === 0) return undefined;
  if (OOMKilled && memory > 0)
    return `out of memory: the limit of its container is ${Math.floor(memory / 2 ** 20)} MiB`;
  if (OOMKilled) return 'out of memory: the machine of the Docker engine had none left';
  if (killSignal !== undefined) return `a Docker command sent its container signal ${killSignal}; this fleet did not`;
  if (ExitCode === KILLED) return 'killed by the machine of the Docker engine, by no Docker command';
  return undefined;
}
