import { RepoIcon } from '@primer/octicons-react';
import { Select, TextInput } from '@primer/react';
import type { FormEvent } from 'react';
import type { RunFilter } from '../api/queries.ts';
import { statusWord } from '../format/state.ts';
import { filterStatuses } from './use-run-filter.ts';

interface RunsFilterProps {
  filter: RunFilter;
  onChange: (filter: RunFilter) => void;
}

export function RunsFilter({ filter, onChange }: RunsFilterProps) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const repository = String(new FormData(event.currentTarget).get('repository') ?? '').trim();
    onChange({ ...filter, repository });
  };
  const choose = (value: string) => {
    onChange({ ...filter, status: filterStatuses.find((status) => status === value) ?? '' });
  };
  return (
    <search className="filters">
      <form onSubmit={submit}>
        <TextInput
          // The address may change by itself (back, a link in a row).
          key={filter.repository}
          name="repository"
          type="search"
          aria-label="Repository"
          placeholder="owner/repository"
          leadingVisual={RepoIcon}
          defaultValue={filter.repository}
          onBlur={(event) => {
            if (event.target.value.trim() !== filter.repository) event.target.form?.requestSubmit();
          }}
        />
      </form>
      <Select aria-label="Status" value={filter.status} onChange={(event) => choose(event.target.value)}>
        <Select.Option value="">Any status</Select.Option>
        {filterStatuses.map((status) => (
          <Select.Option key={status} value={status}>
            {statusWord(status)}
          </Select.Option>
        ))}
      </Select>
    </search>
  );
}
