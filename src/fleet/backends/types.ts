import type { FieldWarning } from '../resources/kind.ts';
import type { PullSecrets } from '../resources/pull-secrets.ts';
import type { RunnerSpec } from '../resources/runner-spec.ts';
import type { VolumeFiles } from '../resources/volume-files.ts';

/** Where jobs work below the root of their runner, unless the spec and the backend have another place. */
export const WORK_FOLDER = '_work';

export interface StartRequest {
  /** Unique among the instances of this backend, and safe as a folder's name. */
  name: string;
  /** Given to the runner's program out of sight of other users; left out to resume with the one kept before. */
  jitConfig?: string;
  /** Keep the JIT config (readable by the fleet alone), so that a later `start` can resume the registration. */
  keepConfig: boolean;
  spec: RunnerSpec;
  /** Content of the volumes that have some. @throws OutsideError for what is missing */
  volumeFiles?(): VolumeFiles;
  /** Logins for its images. */
  pullSecrets?(): PullSecrets;
}

/** How an instance ended. `code` and `signal` are unknown when it ended while no fleet was looking. */
export interface Exit {
  code?: number;
  signal?: string;
  /** How long it ran; unknown likewise. */
  ranMs?: number;
  /** What ended it, where the backend knows more than that: part of a sentence, such as "out of memory: …". */
  reason?: string;
  /** Last lines of its output, for an event. */
  output: string;
}

export interface Instance {
  name: string;
  /** Set once nothing of it runs any more. */
  exit?: Exit;
  /** A JIT config was kept: `start` without one works. */
  resumable: boolean;
}

/**
 * Where runners are started. The fleet decides, a backend only carries out; `contract.ts` is this text as tests.
 *
 * Order of calls for one name: `start`, any number of `stop`, `remove`. After `remove` the name may be used anew; a
 * resumable instance may also be started again after it ended. All calls may be repeated, and all but `start` may be made
 * for names that the backend does not know: then they do nothing.
 *
 * What was started outlives `close()` and a crash of the fleet, and is in `list()` of the next backend on the same place;
 * unless a backend was told otherwise (`runnersEndWithFleet` of the one for processes).
 */
export interface Backend {
  /**
   * Of several backends behind one: that with this name, or the default one. Without it there is but this one.
   * @throws UserError `no-backend`
   */
  choose?(name: string | undefined): Backend;

  /** Labels that every runner here has besides its own: `self-hosted`, operating system, architecture (SEM-13.3). */
  readonly systemLabels: readonly string[];

  /** Fields of the spec that have no effect here, with the reason, never left unsaid (D-1). Must not fail. */
  review(spec: RunnerSpec): FieldWarning[];

  /**
   * Where jobs of this runner work, for its registration: absolute, or below the runner's own root. Only this runner's.
   * Without it there is but `WORK_FOLDER`.
   */
  workFolder?(name: string, spec: RunnerSpec): string;

  /**
   * Resolves when the runner's program runs. Does nothing when it already does.
   * @throws OutsideError when it cannot be started; nothing of it is left then
   */
  start(request: StartRequest): Promise<void>;

  /**
   * Asks the runner to end (it cancels a job it has), and ends everything of it by force after `graceMs`.
   * Resolves when nothing of it runs. Called only for runners that the server let go, and when the fleet closes.
   */
  stop(name: string, graceMs: number): Promise<void>;

  /** Forgets an instance that ended and removes its files. One that failed keeps its log, as `keepLog` says. */
  remove(name: string, options: { keepLog: boolean }): Promise<void>;

  /** Everything that was started here and not removed, also by an earlier fleet. */
  list(): Promise<Instance[]>;

  /** Called once for every end of an instance, as soon as it is known, also after a `stop`. */
  onExit(listener: (name: string, exit: Exit) => void): () => void;

  /** Stops looking. Leaves what runs running. */
  close(): Promise<void>;
}
