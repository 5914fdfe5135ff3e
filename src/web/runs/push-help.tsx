import { RocketIcon } from '@primer/octicons-react';
import { Blank } from '../components/page-state.tsx';

/** What to do on a server that has not run anything yet. */
export function PushHelp() {
  // What the browser reached, git on the same machine reaches too.
  const { protocol, host } = window.location;
  return (
    <Blank icon={<RocketIcon size={24} />} title="Nothing has run yet">
      <p>
        Push a repository that has a workflow in <code>.github/workflows</code>. The push creates it here:
      </p>
      <pre className="command">{`git push ${protocol}//x:TOKEN@${host}/me/app.git main`}</pre>
      <p className="muted">
        TOKEN is the admin token: the file <code>admin-token</code> in the data folder of the server.
      </p>
    </Blank>
  );
}
