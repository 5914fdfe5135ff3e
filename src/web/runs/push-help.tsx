import { RocketIcon } from '@primer/octicons-react';
import { useServer } from '../api/queries.ts';
import { Blank } from '../components/page-state.tsx';

/** What to do on a server that has not run anything yet. */
export function PushHelp() {
  const { data: server } = useServer();
  const url = new URL(server?.url ?? window.location.origin);
  return (
    <Blank icon={<RocketIcon size={24} />} title="Nothing has run yet">
      <p>
        Push a repository that has a workflow in <code>.github/workflows</code>. The push creates it here:
      </p>
      <pre className="command">{`git push ${url.protocol}//x:TOKEN@${url.host}/me/app.git main`}</pre>
      <p className="muted">TOKEN is the admin token that the server printed when it started.</p>
    </Blank>
  );
}
