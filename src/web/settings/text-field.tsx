import { FormControl, TextInput } from '@primer/react';
import type { ReactNode } from 'react';

interface TextFieldProps {
  name: string;
  label: string;
  required?: boolean;
  placeholder?: string;
  caption?: ReactNode;
}

export function TextField({ name, label, required = false, placeholder, caption }: TextFieldProps) {
  return (
    <FormControl required={required}>
      <FormControl.Label>{label}</FormControl.Label>
      <TextInput name={name} placeholder={placeholder} autoComplete="off" block />
      {caption !== undefined && <FormControl.Caption>{caption}</FormControl.Caption>}
    </FormControl>
  );
}
