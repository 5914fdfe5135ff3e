import { Checkbox, FormControl, TextInput } from '@primer/react';

interface TokenFieldsProps {
  /** What was wrong with the token given before; empty for nothing. */
  problem: string;
}

/** Asks for a token, in a form: the fields `token` and `remember`. */
export function TokenFields({ problem }: TokenFieldsProps) {
  return (
    <>
      <FormControl required>
        <FormControl.Label>Token</FormControl.Label>
        <TextInput
          name="token"
          type="password"
          autoComplete="current-password"
          block
          autoFocus
          validationStatus={problem === '' ? undefined : 'error'}
        />
        <FormControl.Caption>
          One that an administrator made for you; the first is in the file <code>admin-token</code> in the data folder
          of the server.
        </FormControl.Caption>
        {problem !== '' && <FormControl.Validation variant="error">{problem}</FormControl.Validation>}
      </FormControl>
      <FormControl>
        <Checkbox name="remember" />
        <FormControl.Label>Remember in this browser</FormControl.Label>
      </FormControl>
    </>
  );
}

/** What the fields hold. */
export function readTokenFields(form: FormData): { token: string; remember: boolean } {
  return { token: String(form.get('token') ?? '').trim(), remember: form.has('remember') };
}

export const refusedToken = 'The server does not accept this token.';
