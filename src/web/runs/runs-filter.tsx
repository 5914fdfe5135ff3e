import { Select } from '@primer/react';
import type { RunFilter } from '../api/queries.ts';
import { RepositoryField } from '../components/repository-field.tsx';
import { statusWord } from '../format/state.ts';
import { filterStatuses } from './use-run-filter.ts';

interface RunsFilterProps {
  filter: RunFilter;
  onChange: (filter: RunFilter) => void;
}

export function RunsFilter({ filter, onChange }: RunsFilterProps) {
  const choose = (value: string) => {
    onChange({ ...filter, status: filterStatuses.find((status) => status === value) ?? '' });
  };
  return (
    <search className="filters">
      <RepositoryField repository={filter.repository} onChange={(repository) => onChange({ ...filter, repository })} />
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
