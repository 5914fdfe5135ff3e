/** What the kinds of runner scale sets have in common. Source: fleet-semantics 11.1. */
import { z } from 'zod';
import { sha256Hex } from '../../common/ids.ts';
import { scopeName } from '../../protocol/github/runners.ts';
import { scopeOfUrl } from '../../protocol/github/urls.ts';
import { type FieldCause, invalidValue, requiredValue } from './field-errors.ts';
import type { FieldWarning } from './kind.ts';
import { type CarriedPod, carryPod, type PodTemplate } from './pod-template.ts';
import { sortedJson } from './replicated-spec.ts';
import type { RunnerSpec } from './runner-spec.ts';

const ProxyServer = z.looseObject({ url: z.url().optional(), credentialSecretRef: z.string().optional() });

const ProxyConfig = z.looseObject({
  http: ProxyServer.optional(),
  https: ProxyServer.optional(),
  noProxy: z.array(z.string()).optional(),
});

/** Where runners register, and how they reach it. */
export const connectionFields = {
  githubConfigUrl: z.string(),
  /** Name of a Secret; without one the fleet's own token is used, at its own server. */
  githubConfigSecret: z.string().optional(),
  githubServerTLS: z.record(z.string(), z.unknown()).optional(),
  proxy: ProxyConfig.optional(),
  vaultConfig: z.record(z.string(), z.unknown()).optional(),
};

const ConnectionSpec = z.looseObject(connectionFields);
export type ConnectionSpec = z.infer<typeof ConnectionSpec>;

/** Metadata that children are made with. */
export const ResourceMeta = z.looseObject({
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});
export type ResourceMeta = z.infer<typeof ResourceMeta>;

export const PART_OF = 'gha-runner-scale-set';

export const label = {
  partOf: 'app.kubernetes.io/part-of',
  component: 'app.kubernetes.io/component',
  scaleSetName: 'actions.github.com/scale-set-name',
  scaleSetNamespace: 'actions.github.com/scale-set-namespace',
} as const;

export function checkConfigUrl(url: string, path: string): FieldCause[] {
  if (url === '') return [requiredValue(path, 'this field must be set')];
  if (/^https?:/.test(url) && URL.canParse(url) && scopeOfUrl(url)) return [];
  return [invalidValue(path, url, 'must be the address of a repository, an organization or an enterprise')];
}

/** Labels that say for which place a resource's runners are. */
export function scopeLabels(configUrl: string): Record<string, string> {
  const scope = scopeOfUrl(configUrl);
  if (!scope) return {};
  if (scope.kind !== 'repository') return { [`actions.github.com/${scope.kind}`]: scope.name };
  return { 'actions.github.com/organization': scope.owner, 'actions.github.com/repository': scope.name };
}

/** Makes an outdated version of the official runner end with code 7 (NEW-8, NEW-11). */
const OUTDATED_AS_CODE = { name: 'ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE', value: '1' };

/** @param path of the pod's spec */
export function runnerSpecOf(connection: ConnectionSpec, template: PodTemplate, path: string): CarriedPod {
  const carried = carryPod(template, path);
  const own = carried.spec.env ?? [];
  const added = [...proxyVariables(connection), OUTDATED_AS_CODE].filter(
    ({ name }) => !own.some((given) => given.name === name),
  );
  const spec: RunnerSpec = { ...scopeFields(connection.githubConfigUrl), ...carried.spec, env: [...own, ...added] };
  return { ...carried, spec };
}

/** What a connection asks for that has no effect here. */
export function connectionWarnings({ proxy, githubServerTLS, vaultConfig }: ConnectionSpec): FieldWarning[] {
  const warnings: FieldWarning[] = [];
  const warn = (field: string, message: string): void => {
    warnings.push({ field: `spec.${field}`, message: `has no effect: ${message}` });
  };
  if (githubServerTLS) warn('githubServerTLS', 'fleet and runners trust what NODE_EXTRA_CA_CERTS names');
  if (vaultConfig) warn('vaultConfig', 'credentials come from the Secret that githubConfigSecret names');
  for (const kind of ['http', 'https'] as const) {
    if (proxy?.[kind]?.credentialSecretRef)
      warn(`proxy.${kind}.credentialSecretRef`, 'put user and password into the URL');
  }
  return warnings;
}

/** Changes when runners made from it would differ. */
export const specHash = (spec: unknown): string => sha256Hex(sortedJson(spec)).slice(0, 10);

function scopeFields(configUrl: string): Partial<RunnerSpec> {
  const scope = scopeOfUrl(configUrl);
  return scope ? { [scope.kind]: scopeName(scope) } : {};
}

function proxyVariables({ proxy }: ConnectionSpec): { name: string; value: string }[] {
  const { http, https, noProxy } = proxy ?? {};
  const values = { http_proxy: http?.url, https_proxy: https?.url, no_proxy: noProxy?.join(',') };
  return Object.entries(values).flatMap(([name, value]) => (value ? [{ name, value }] : []));
}
