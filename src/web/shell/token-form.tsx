import { KeyIcon } from '@primer/octicons-react';
import { Button, Checkbox, FormControl, TextInput } from '@primer/react';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { ApiFailure, authorization, request } from '../api/client.ts';
import { forgetToken, keepToken, tokenNeeded } from '../api/token.ts';
import { useTitle } from '../components/use-title.ts';
import { errorMessage } from './error-message.ts';

/** Asks for a token, tries it, and then shows the page that was asked for. */
export function TokenForm() {
  const client = useQueryClient();
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  useTitle('Sign in');

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const token = String(form.get('token') ?? '').trim();
    setBusy(true);
    try {
      await request('/runs?limit=1', { headers: authorization(token) });
      keepToken(token, form.has('remember'));
      client.clear();
      tokenNeeded.set(false);
    } catch (error) {
      forgetToken();
      const isRefused = error instanceof ApiFailure && error.status === 401;
      setProblem(isRefused ? 'The server does not accept this token.' : errorMessage(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <form className="token-form" onSubmit={(event) => void submit(event)}>
      <KeyIcon size={24} />
      <h1>This server asks for a token</h1>
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
          The admin token is the file <code>admin-token</code> in the data folder of the server.
        </FormControl.Caption>
        {problem !== '' && <FormControl.Validation variant="error">{problem}</FormControl.Validation>}
      </FormControl>
      <FormControl>
        <Checkbox name="remember" />
        <FormControl.Label>Remember in this browser</FormControl.Label>
      </FormControl>
      <Button type="submit" variant="primary" loading={isBusy} block>
        Continue
      </Button>
    </form>
  );
}
