import { Button } from '@primer/react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { ApiFailure, send, type Write } from '../api/client.ts';
import { currentToken, keepToken } from '../api/token.ts';
import { errorMessage } from '../shell/error-message.ts';
import { readTokenFields, refusedToken, TokenFields } from '../shell/token-fields.tsx';

/** A button that sends the form; with a name it adds a field to it. */
export interface WriteAction {
  label: string;
  variant: 'primary' | 'danger';
  name?: string;
  value?: string;
}

interface WriteFormProps {
  actions: readonly WriteAction[];
  /** What the form asks of the server. */
  request: (form: FormData) => Write;
  /** With what the server answered. */
  onDone: (answer: unknown) => void;
  children: ReactNode;
}

/**
 * A form that changes something on the server. Without a token it asks for one, which is kept once the
 * server knows it.
 */
export function WriteForm({ actions, request, onDone, children }: WriteFormProps) {
  const [failure, setFailure] = useState<unknown>();
  const [sending, setSending] = useState<string>();
  const [asksToken, setAsksToken] = useState(() => currentToken() === null);
  const isUnknownToken = failure instanceof ApiFailure && failure.status === 401;

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (sending !== undefined) return;
    const { submitter } = event.nativeEvent as SubmitEvent;
    const form = new FormData(event.currentTarget, submitter);
    setSending(submitter?.textContent ?? '');
    try {
      const write = request(form);
      onDone(await (asksToken ? sendWithNewToken(write, form) : send(write, currentToken())));
    } catch (error) {
      setFailure(error);
      if (error instanceof ApiFailure) setAsksToken(error.status === 401);
    } finally {
      setSending(undefined);
    }
  };

  return (
    <form
      className="write-form"
      onSubmit={(event) => void submit(event)}
      onKeyDown={(event) => {
        // Enter in a field would choose the first of several actions.
        if (event.key === 'Enter' && actions.length > 1 && event.target instanceof HTMLInputElement)
          event.preventDefault();
      }}
    >
      {children}
      {asksToken && (
        <fieldset className="write-token">
          <legend>This needs a token.</legend>
          <TokenFields problem={isUnknownToken ? refusedToken : ''} />
        </fieldset>
      )}
      {failure !== undefined && !isUnknownToken && (
        <WriteFailure error={failure} onOtherToken={asksToken ? undefined : () => setAsksToken(true)} />
      )}
      <div className="write-actions">
        {actions.map(({ label, ...button }) => (
          <Button key={label} type="submit" loading={sending === label} {...button}>
            {label}
          </Button>
        ))}
      </div>
    </form>
  );
}

/** The server knows the token also when it refuses the rest: then it is kept too. */
async function sendWithNewToken(write: Write, form: FormData): Promise<unknown> {
  const { token, remember } = readTokenFields(form);
  try {
    const answer = await send(write, token);
    keepToken(token, remember);
    return answer;
  } catch (error) {
    if (error instanceof ApiFailure && [403, 409, 422].includes(error.status)) keepToken(token, remember);
    throw error;
  }
}

function WriteFailure({ error, onOtherToken }: { error: unknown; onOtherToken: (() => void) | undefined }) {
  const isForbidden = error instanceof ApiFailure && error.status === 403;
  return (
    <div className="write-failure" role="alert">
      <p>{errorMessage(error)}</p>
      {error instanceof ApiFailure && error.hint && <p className="muted">{error.hint}</p>}
      {isForbidden && onOtherToken && (
        <Button size="small" onClick={onOtherToken}>
          Use another token
        </Button>
      )}
    </div>
  );
}
