import { CheckIcon, CopyIcon } from '@primer/octicons-react';
import { Button, FormControl, Select, TextInput } from '@primer/react';
import { useId, useRef, useState } from 'react';
import type { NewToken, TokenRequest } from '../../../protocol/dashboard/index.ts';
import { settingsKeys, useUsers } from '../../api/settings-queries.ts';
import { Dialog } from '../../components/dialog.tsx';
import { AccessField } from '../access-field.tsx';
import { ChangeDialog, textOf, wordsOf } from '../change-dialog.tsx';
import { TextField } from '../text-field.tsx';

const dayMs = 24 * 60 * 60 * 1000;
/** Zero for never. */
const lifetimes = [7, 30, 90, 365, 0];

/** Makes a token, and shows it once. */
export function NewTokenDialog({ onClose }: { onClose: () => void }) {
  const [made, setMade] = useState<NewToken>();
  if (made) return <MadeToken token={made} onClose={onClose} />;
  return (
    <ChangeDialog
      title="New token"
      action={{ label: 'Make the token', variant: 'primary' }}
      request={(form) => ({ path: '/tokens', body: requestOf(form) })}
      changes={settingsKeys.tokens}
      onClose={onClose}
      onAnswer={(answer) => setMade(answer as NewToken)}
    >
      <UserField />
      <AccessField
        name="scope"
        label="Scope"
        caption="The most that it may do, and never more than its user: nothing to administer with write."
      />
      <TextField
        name="places"
        label="Only at"
        placeholder="everywhere"
        caption="OWNER/NAME or OWNER, several with spaces between."
      />
      <FormControl>
        <FormControl.Label>Expires</FormControl.Label>
        <Select name="days" defaultValue="90" block>
          {lifetimes.map((days) => (
            <Select.Option key={days} value={String(days)}>
              {days === 0 ? 'never' : `in ${days} days`}
            </Select.Option>
          ))}
        </Select>
      </FormControl>
      <TextField name="note" label="Note" placeholder="what it is for" />
    </ChangeDialog>
  );
}

/** Suggests who is known, and lets the server say who is not. */
function UserField() {
  const { data } = useUsers();
  const names = useId();
  return (
    <FormControl required>
      <FormControl.Label>User</FormControl.Label>
      <TextInput name="user" list={names} autoComplete="off" block />
      <datalist id={names}>
        {data?.users.map(({ login }) => (
          <option key={login} value={login} />
        ))}
      </datalist>
    </FormControl>
  );
}

function requestOf(form: FormData): TokenRequest {
  const places = wordsOf(form, 'places');
  const days = Number(textOf(form, 'days'));
  return {
    user: textOf(form, 'user'),
    scope: textOf(form, 'scope') as TokenRequest['scope'],
    note: textOf(form, 'note'),
    places: places.length > 0 ? places : null,
    expiresAt: days === 0 ? null : new Date(Date.now() + days * dayMs).toISOString(),
  };
}

function MadeToken({ token: { token, user }, onClose }: { token: NewToken; onClose: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    field.current?.select();
    try {
      // Browsers have no clipboard for pages of plain http on other machines: then it stays selected.
      await navigator.clipboard.writeText(token);
      setCopied(true);
    } catch {
      setCopied(false);
    }
  };
  return (
    <Dialog title={`The token of ${user}`} onClose={onClose}>
      <div className="write-form">
        <p>It is shown this once: the server keeps only its hash.</p>
        <FormControl>
          <FormControl.Label>Token</FormControl.Label>
          <TextInput ref={field} value={token} readOnly monospace block onFocus={(event) => event.target.select()} />
        </FormControl>
        <div className="write-actions">
          <Button leadingVisual={isCopied ? CheckIcon : CopyIcon} onClick={() => void copy()}>
            {isCopied ? 'Copied' : 'Copy'}
          </Button>
          <Button variant="primary" onClick={onClose}>
            Done
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
