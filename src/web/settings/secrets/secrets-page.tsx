import { Select } from '@primer/react';
import { useRef } from 'react';
import { useLocation, useSearch } from 'wouter';
import { type SettingOwner, useEnvironments, useSettings } from '../../api/settings-queries.ts';
import { Failure, SkeletonRows } from '../../components/page-state.tsx';
import { RepositoryField } from '../../components/repository-field.tsx';
import { useListKeys } from '../../components/use-list-keys.ts';
import { useTitle } from '../../components/use-title.ts';
import { PlaceList } from '../place-list.tsx';
import { SettingsPage } from '../settings-page.tsx';
import { ownerAddress, readOwner } from './owner-in-address.ts';
import { SettingNames } from './setting-names.tsx';

/** Secrets and variables of an owner, a repository or an environment, by name: no value is ever shown. */
export function SecretsPage() {
  const owner = readOwner(useSearch());
  const [, navigate] = useLocation();
  useTitle(owner.place === '' ? 'Secrets and variables' : `Secrets and variables of ${owner.place}`);
  const show = (place: string, environment = '') => navigate(ownerAddress({ place, environment }));
  return (
    <SettingsPage
      title="Secrets and variables"
      head={
        <search className="filters">
          <RepositoryField label="Owner or repository" repository={owner.place} onChange={show} />
          {owner.place.includes('/') && (
            <EnvironmentField owner={owner} onChange={(environment) => show(owner.place, environment)} />
          )}
        </search>
      }
    >
      {owner.place === '' ? (
        <PlaceList
          what="secrets and variables"
          pathOf={(place) => ownerAddress({ place, environment: '' })}
          withOwners
        />
      ) : (
        <SecretsAndVariables owner={owner} />
      )}
    </SettingsPage>
  );
}

/** Both at once, so that nothing jumps; they are refused for the same reason. */
function SecretsAndVariables({ owner }: { owner: SettingOwner }) {
  const secrets = useSettings('secrets', owner);
  const variables = useSettings('variables', owner);
  const list = useRef<HTMLDivElement>(null);
  useListKeys(list);
  const failed = [secrets, variables].find(({ data, error }) => !data && error);
  if (failed?.error) return <Failure error={failed.error} onRetry={() => void failed.refetch()} />;
  if (!secrets.data || !variables.data) return <SkeletonRows rows={6} height={49} />;
  return (
    <div ref={list}>
      <SettingNames kind="secrets" owner={owner} settings={secrets.data} />
      <SettingNames kind="variables" owner={owner} settings={variables.data} />
    </div>
  );
}

interface EnvironmentFieldProps {
  owner: SettingOwner;
  onChange: (environment: string) => void;
}

function EnvironmentField({ owner: { place, environment }, onChange }: EnvironmentFieldProps) {
  const { data } = useEnvironments(place);
  const names = new Set(data?.environments.map(({ name }) => name));
  // Before they are read, and when it is gone: what the address says.
  if (environment !== '') names.add(environment);
  return (
    <Select aria-label="Environment" value={environment} onChange={(event) => onChange(event.target.value)}>
      <Select.Option value="">The repository itself</Select.Option>
      {[...names].map((name) => (
        <Select.Option key={name} value={name}>
          {`Environment ${name}`}
        </Select.Option>
      ))}
    </Select>
  );
}
