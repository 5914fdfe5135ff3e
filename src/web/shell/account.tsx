import { SignOutIcon } from '@primer/octicons-react';
import { IconButton } from '@primer/react';
import { useViewer } from '../api/queries.ts';
import { forgetToken } from '../api/token.ts';

/** Who is signed in, and the way out; nothing where the page is read without a token. */
export function Account() {
  const { data: viewer } = useViewer();
  if (!viewer?.login) return null;
  const signOut = () => {
    forgetToken();
    // What was read with the token goes with it.
    window.location.assign('/');
  };
  return (
    <span className="account">
      <span title={viewer.isAdmin ? 'Administrator of the server' : undefined}>{viewer.login}</span>
      <IconButton icon={SignOutIcon} aria-label="Sign out" variant="invisible" size="small" onClick={signOut} />
    </span>
  );
}
