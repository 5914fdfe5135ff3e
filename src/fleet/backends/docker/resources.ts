import { parseQuantity } from '../../../common/quantity.ts';
import { type Field, fieldsOf, type Warn } from './fields.ts';

/** What an amount becomes as options of `docker create`. */
type Options = (amount: number) => string[];

const LIMITS: Record<string, Options> = {
  cpu: (cores) => ['--cpus', String(cores)],
  // As on Kubernetes without swap: more memory is refused, not slow.
  memory: (bytes) => ['--memory', whole(bytes), '--memory-swap', whole(bytes)],
  pids: (count) => ['--pids-limit', whole(count)],
  'nvidia.com/gpu': (count) => ['--gpus', whole(count)],
};

/** What a container is sure of: its share when others want the cores too, and memory that is reclaimed from it last. */
const REQUESTS: Record<string, Options> = {
  cpu: (cores) => ['--cpu-shares', String(Math.max(2, Math.round(cores * 1_024)))],
  memory: (bytes) => ['--memory-reservation', whole(bytes)],
};

const KNOWN: Record<string, Record<string, Options>> = { limits: LIMITS, requests: REQUESTS };

/** `resources` of one container as options of `docker create`. */
export function resourceOptions(field: Field | undefined, warn: Warn): string[] {
  const parts = Object.keys((field?.value ?? {}) as object);
  return parts.flatMap((part) => {
    const known = KNOWN[part];
    const amounts = fieldsOf(field)(part);
    if (known && amounts) return amountOptions(amounts, known, part, warn);
    warn(`${field?.path}.${part}`, 'has no effect: the docker backend knows limits and requests');
    return [];
  });
}

function amountOptions({ path, value }: Field, known: Record<string, Options>, part: string, warn: Warn): string[] {
  return Object.entries((value ?? {}) as object).flatMap(([name, text]) => {
    const options = known[name];
    const amount = parseQuantity(String(text));
    if (options && amount !== undefined) return options(amount);
    const why = options
      ? `"${text}" is no amount, such as 1.5, 500m or 2Gi`
      : `the docker backend knows ${part} of ${Object.keys(known).join(', ')}`;
    warn(`${path}.${name}`, `has no effect: ${why}`);
    return [];
  });
}

const whole = (amount: number): string => String(Math.floor(amount));
