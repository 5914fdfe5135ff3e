import { isoTime } from '../../common/clock.ts';
import { findUser } from '../../store/people.ts';
import type { ServerContext } from '../context.ts';
import { userObject } from './shapes.ts';

/** GitHub's view of one user; a job's token belongs to nobody that is kept. */
export async function wholeUserObject({ db, settings, clock }: ServerContext, name: string) {
  const since = (await findUser(db, name))?.created_at ?? isoTime(clock.now());
  return {
    ...userObject(name, settings.publicUrl),
    name: null,
    company: null,
    blog: '',
    location: null,
    email: null,
    hireable: null,
    bio: null,
    public_repos: 0,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: since,
    updated_at: since,
  };
}
