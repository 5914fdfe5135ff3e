/** Logins at registries that `imagePullSecrets` names, looked up when a runner is started. */
import { z } from 'zod';
import type { RunnerSpec } from './runner-spec.ts';

const Entry = z.looseObject({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
  registrytoken: z.string().optional(),
});
const Entries = z.record(z.string(), Entry);
const Config = z.looseObject({ auths: Entries });

/** Key of a Secret, by its type, and where in that the logins are. */
const CONFIG_KEY = '.dockerconfigjson';
const OLD_CONFIG_KEY = '.dockercfg';

export interface RegistryLogin {
  /** As the Secret writes it: a host, with a scheme and a path perhaps. */
  registry: string;
  /** As the file config.json of the Docker client has it. Secret. */
  entry: z.infer<typeof Entry>;
}

export interface PullSecrets {
  /** In the order of the spec. */
  logins: RegistryLogin[];
  /** What is wrong with those that bring none: half a sentence for each. As on Kubernetes a pull may work without. */
  problems: string[];
}

const Reference = z.looseObject({ name: z.string().min(1) });

export const isPullSecret = (value: unknown): boolean => Reference.safeParse(value).success;

/** @param textsOf the decoded keys of a Secret of the runner's namespace */
export function pullSecrets(
  { imagePullSecrets = [] }: RunnerSpec,
  textsOf: (secret: string) => Record<string, string> | undefined,
): PullSecrets {
  const found: PullSecrets = { logins: [], problems: [] };
  for (const { data: reference } of imagePullSecrets.map((value) => Reference.safeParse(value))) {
    if (!reference) continue;
    const texts = textsOf(reference.name);
    const entries = texts && entriesOf(texts);
    if (entries) found.logins.push(...Object.entries(entries).map(([registry, entry]) => ({ registry, entry })));
    else
      found.problems.push(
        `the Secret "${reference.name}" ${texts ? `has no ${CONFIG_KEY} with logins` : 'does not exist'}`,
      );
  }
  return found;
}

function entriesOf(texts: Record<string, string>): z.infer<typeof Entries> | undefined {
  const config = Config.safeParse(parsed(texts[CONFIG_KEY])).data;
  return config?.auths ?? Entries.safeParse(parsed(texts[OLD_CONFIG_KEY])).data;
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
