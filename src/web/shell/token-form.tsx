import { KeyIcon } from '@primer/octicons-react';
import { Button } from '@primer/react';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { ApiFailure, authorization, request } from '../api/client.ts';
import { forgetToken, keepToken, tokenNeeded } from '../api/token.ts';
import { useTitle } from '../components/use-title.ts';
import { errorMessage } from './error-message.ts';
import { readTokenFields, refusedToken, TokenFields } from './token-fields.tsx';

/** Asks for a token, tries it, and then shows the page that was asked for. */
export function TokenForm() {
  const client = useQueryClient();
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  useTitle('Sign in');
  const [location] = useLocation();

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const { token, remember } = readTokenFields(new FormData(event.currentTarget));
    setBusy(true);
    try {
      await request('/runs?limit=1', { headers: authorization(token) });
      keepToken(token, remember);
      client.clear();
      tokenNeeded.set(false);
    } catch (error) {
      forgetToken();
      const isRefused = error instanceof ApiFailure && error.status === 401;
      setProblem(isRefused ? refusedToken : errorMessage(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <form className="token-form" onSubmit={(event) => void submit(event)}>
      <KeyIcon size={24} />
      <h1>This server asks for a token</h1>
      <TokenFields problem={problem} />
      <Button type="submit" variant="primary" loading={isBusy} block>
        Continue
      </Button>
      {location !== '/' && <Link href="/">To the runs</Link>}
    </form>
  );
}
