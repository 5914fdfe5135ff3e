/** A control group for every worker, which all that its job starts is in, whatever it does to be forgotten (SEM-15.5). */
import {
  ControlGroup,
  type Controller,
  findParents,
  type Limits,
  ownGroupName,
  type Parents,
  removeEmptyGroups,
} from '../common/control-groups/index.ts';
import { errorText } from '../common/errors.ts';
import { numberSetting, quantitySetting, setting } from '../common/settings.ts';
import { SETTINGS } from '../common/settings-table.ts';
import type { Diagnostics } from './diagnostics.ts';

/** Threads of the worker itself, which is in the group too. */
const WORKER_TASKS = 32;

export class JobGroups {
  readonly #limits: Limits;
  readonly #parents: Parents['parents'];
  readonly #diagnostics: Diagnostics;
  #made = 0;

  /** Says what limits have no effect, and why. */
  constructor(limits: Limits, diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics;
    this.#limits = { ...limits, ...(limits.pids === undefined ? {} : { pids: limits.pids + WORKER_TASKS }) };
    const wanted = wantedControllers(limits);
    const { parents, missing } = process.platform === 'linux' ? findParents(wanted) : notHere(wanted);
    this.#parents = parents;
    for (const [controller, why] of Object.entries(missing)) {
      const line = `Jobs have no limit of ${NAMES[controller as Controller]}: ${why}.`;
      // Nobody asked for the one that there is by default.
      if (controller === 'pids' && setting('jobPids') === SETTINGS.jobPids.default) diagnostics.note(line);
      else diagnostics.say(line);
    }
    removeEmptyGroups();
  }

  /** Puts a worker that has just been started into a group of its own. Undefined where there can be none. */
  async place(pid: number): Promise<ControlGroup | undefined> {
    if (this.#parents.length === 0) return undefined;
    let group: ControlGroup | undefined;
    try {
      group = ControlGroup.make(ownGroupName(String(++this.#made)), this.#parents, this.#limits);
      await group.add(pid);
      return group;
    } catch (error) {
      this.#diagnostics.note(`worker ${pid} has no control group of its own: ${errorText(error)}`);
      // Its worker may have ended already.
      await group?.close();
      return undefined;
    }
  }
}

const NAMES: Record<Controller, string> = { cpu: 'cores', memory: 'memory', pids: 'processes' };

const wantedControllers = ({ cpus, memoryBytes, pids }: Limits): Controller[] => [
  ...(cpus === undefined ? [] : (['cpu'] as const)),
  ...(memoryBytes === undefined ? [] : (['memory'] as const)),
  ...(pids === undefined ? [] : (['pids'] as const)),
];

const notHere = (wanted: Controller[]): Parents => ({
  parents: [],
  missing: Object.fromEntries(wanted.map((controller) => [controller, 'control groups need Linux'])),
});

/** What the settings say. @throws UserError `bad-setting` */
export function jobLimits(): Limits {
  const pids = numberSetting('jobPids', 0, 4_194_304);
  const memoryBytes = quantitySetting('jobMemory');
  return {
    cpus: quantitySetting('jobCpus'),
    memoryBytes: memoryBytes && Math.round(memoryBytes),
    pids: pids === 0 ? undefined : pids,
  };
}
