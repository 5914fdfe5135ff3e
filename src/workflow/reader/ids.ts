/** Ids of jobs and steps (SEM-1.12) and generated step names (SEM-1.15). */

const MAX_ID_LENGTH = 100;
const ID = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** What is wrong with an id, or `undefined`. An empty one is the schema's business. */
export function idProblem(id: string): string | undefined {
  if (id === '') return undefined;
  if (!ID.test(id) || id.length >= MAX_ID_LENGTH) {
    const rule = "IDs may only contain alphanumeric characters, '_', and '-'. IDs must start with a letter or '_'";
    return `The identifier '${id}' is invalid. ${rule} and must be less than ${MAX_ID_LENGTH} characters.`;
  }
  return id.startsWith('__') ? `The identifier '${id}' is invalid. IDs starting with '__' are reserved.` : undefined;
}

/** The names of the steps of one job, which compare without case. */
export class StepNames {
  readonly #taken = new Set<string>();
  /** How often a name was generated from the same beginning: thousands of steps must not try each other's names. */
  readonly #attempts = new Map<string, number>();

  /** False when another step has the id. */
  take(id: string): boolean {
    const isFree = !this.#taken.has(id.toLowerCase());
    this.#taken.add(id.toLowerCase());
    return isFree;
  }

  /** Names a step without an id after its subject, `_2`, `_3`… on collision. */
  generate(subject: string): string {
    const base = `__${subject.replace(/[^A-Za-z0-9_-]/g, '_')}`;
    for (let attempt = (this.#attempts.get(base) ?? 0) + 1; ; attempt++) {
      const suffix = attempt === 1 ? '' : `_${attempt}`;
      const name = base.slice(0, MAX_ID_LENGTH - suffix.length) + suffix;
      if (!this.take(name)) continue;
      this.#attempts.set(base, attempt);
      return name;
    }
  }
}

/** What a step is named after that runs a script or uses this. */
export function subjectOf(uses: string | undefined): string {
  if (uses === undefined) return 'run';
  if (uses.startsWith('docker://')) return uses.slice('docker://'.length);
  if (uses.startsWith('./') || uses.startsWith('.\\')) return 'self';
  if (uses.startsWith('$/')) return 'selfRepository';
  const [path = ''] = uses.split('@');
  return path.split(/[\\/]/).slice(0, 2).join('/') || 'run';
}
