import { RepoIcon } from '@primer/octicons-react';
import { TextInput } from '@primer/react';
import type { FormEvent } from 'react';

interface RepositoryFieldProps {
  /** Empty for all. */
  repository: string;
  /** What may be given, where it is more than a repository. */
  label?: string;
  onChange: (repository: string) => void;
}

/** Narrows a list to one repository. */
export function RepositoryField({ repository, label = 'Repository', onChange }: RepositoryFieldProps) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onChange(String(new FormData(event.currentTarget).get('repository') ?? '').trim());
  };
  return (
    <form onSubmit={submit}>
      <TextInput
        // The address may change by itself (back, a link in a row).
        key={repository}
        name="repository"
        type="search"
        aria-label={label}
        placeholder="owner/repository"
        leadingVisual={RepoIcon}
        defaultValue={repository}
        onBlur={(event) => {
          if (event.target.value.trim() !== repository) event.target.form?.requestSubmit();
        }}
      />
    </form>
  );
}
