import { FormControl, Select } from '@primer/react';
import type { ReactNode } from 'react';
import type { AccessLevel } from '../../protocol/dashboard/index.ts';

/** Each with what it adds to the one before. */
const levels: { access: AccessLevel; what: string }[] = [
  { access: 'read', what: 'read: clone, see runs and logs' },
  { access: 'write', what: 'write: push, start runs, set secrets' },
  { access: 'admin', what: 'admin: set rules, hooks and access' },
];

interface AccessFieldProps {
  name: string;
  label: string;
  caption?: ReactNode;
}

/** Chooses how much somebody, or a token, may do. */
export function AccessField({ name, label, caption }: AccessFieldProps) {
  return (
    <FormControl>
      <FormControl.Label>{label}</FormControl.Label>
      <Select name={name} defaultValue="write" block>
        {levels.map(({ access, what }) => (
          <Select.Option key={access} value={access}>
            {what}
          </Select.Option>
        ))}
      </Select>
      {caption !== undefined && <FormControl.Caption>{caption}</FormControl.Caption>}
    </FormControl>
  );
}
