/** Limits that the operator sets for containers, where a job's own `options` do not. */
import { numberSetting, quantitySetting } from '../../../common/settings.ts';

/** Docker's own least. */
const LEAST_MEMORY_BYTES = 6 * 1024 * 1024;

/** Options of `docker create`. @param options the job's own @throws UserError `bad-setting` */
export function limitOptions(options: string[]): string[] {
  const isNamed = (...names: string[]): boolean =>
    options.some((word) => names.some((name) => word === name || word.startsWith(`${name}=`)));
  const cpus = quantitySetting('containerCpus');
  const memoryBytes = quantitySetting('containerMemory');
  const pids = numberSetting('containerPids', 0, 4_194_304);
  const isMemoryNamed = isNamed('--memory', '--memory-swap') || options.some((word) => /^-m/.test(word));
  return [
    ...(cpus === undefined || isNamed('--cpus', '--cpu-quota', '--cpu-period') ? [] : [`--cpus=${cpus}`]),
    ...(memoryBytes === undefined || isMemoryNamed ? [] : memoryOptions(memoryBytes)),
    ...(pids === 0 || isNamed('--pids-limit') ? [] : [`--pids-limit=${pids}`]),
  ];
}

/** Swap is included: a job that swaps slows all others down. */
function memoryOptions(bytes: number): string[] {
  const limit = Math.max(Math.round(bytes), LEAST_MEMORY_BYTES);
  return [`--memory=${limit}`, `--memory-swap=${limit}`];
}
