import { LogIcon } from '@primer/octicons-react';
import { Button, TextInput } from '@primer/react';
import type { FormEvent } from 'react';
import { useLocation, useSearch } from 'wouter';
import { type ActFilter, useActs } from '../../api/settings-queries.ts';
import { Blank } from '../../components/page-state.tsx';
import { PagedList } from '../../components/paged-list.tsx';
import { AdministratorsOnly } from '../administrators-only.tsx';
import { textOf } from '../change-dialog.tsx';
import { SettingsPage } from '../settings-page.tsx';
import { auditPath, readActFilter } from './act-filter.ts';
import { ActRow } from './act-row.tsx';

/** Who did what to the server, newest first. */
export function AuditPage() {
  return (
    <AdministratorsOnly title="Audit log" what="who did what to it">
      <Audit />
    </AdministratorsOnly>
  );
}

function Audit() {
  const filter = readActFilter(useSearch());
  const [, navigate] = useLocation();
  return (
    <SettingsPage
      title="Audit log"
      head={<ActFilterForm filter={filter} onChange={(next) => navigate(auditPath(next))} />}
    >
      <Acts filter={filter} onClear={() => navigate(auditPath({ actor: '', action: '', place: '' }))} />
    </SettingsPage>
  );
}

const fields = [
  { name: 'actor', label: 'Who', placeholder: 'who' },
  { name: 'action', label: 'What', placeholder: 'repo.update_secret' },
  { name: 'place', label: 'Where', placeholder: 'owner/repository' },
] as const;

function ActFilterForm({ filter, onChange }: { filter: ActFilter; onChange: (filter: ActFilter) => void }) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    onChange({ actor: textOf(form, 'actor'), action: textOf(form, 'action'), place: textOf(form, 'place') });
  };
  return (
    <search className="filters">
      <form className="act-filter" onSubmit={submit}>
        {fields.map(({ name, label, placeholder }) => (
          <TextInput
            // The address may change by itself (back, a link).
            key={`${name} ${filter[name]}`}
            name={name}
            type="search"
            aria-label={label}
            placeholder={placeholder}
            defaultValue={filter[name]}
          />
        ))}
        <Button type="submit">Filter</Button>
      </form>
    </search>
  );
}

function Acts({ filter, onClear }: { filter: ActFilter; onClear: () => void }) {
  return (
    <PagedList
      of={useActs(filter)}
      itemsOf={({ acts }) => acts}
      rows={8}
      height={64}
      more="Older acts"
      none={<NoActs filter={filter} onClear={onClear} />}
    >
      {(act) => <ActRow key={act.id} act={act} />}
    </PagedList>
  );
}

function NoActs({ filter, onClear }: { filter: ActFilter; onClear: () => void }) {
  const isFiltered = Object.values(filter).some((value) => value !== '');
  return (
    <Blank icon={<LogIcon size={24} />} title={isFiltered ? 'No act is like that' : 'Nothing was done yet'}>
      {isFiltered ? (
        <Button onClick={onClear}>Show all acts</Button>
      ) : (
        <p>What changes people, tokens, secrets, runners or rules is written down here.</p>
      )}
    </Blank>
  );
}
